import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asNumbers } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { labelsOf, refuseSeveralLabels } from "../../graph/labels.js";
import { expit, softmax, twoClasses } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

/** The output layer before its activation. */
function drawLayers(drawing: Drawing, fitted: Fitted, rows: Rows): { value: Value; width: number } {
  const { graph } = drawing;
  const activate = activation(drawing, fitted, fitted.text("activation"), "activation");
  const [weights, biases] = [fitted.list("coefs_"), fitted.list("intercepts_")];
  if (weights.length === 0 || weights.length !== biases.length)
    throw fitted.wrong("coefs_", "and intercepts_ do not fit");
  let value: Value | undefined;
  let width = 0;
  drawing.bounded();
  weights.forEach((each, layer) => {
    const [weight, bias] = [asNumbers(each), asNumbers(biases[layer])];
    const shape = weight?.shape ?? [];
    if (
      weight === undefined ||
      bias === undefined ||
      shape.length !== 2 ||
      bias.data.length !== shape[1] ||
      (layer > 0 && shape[0] !== width)
    )
      throw fitted.wrong("coefs_", `has a layer ${layer} that does not fit the one before or its intercepts`);
    width = shape[1]!;
    const input = value ?? rows.matrix(shape[0]);
    const sum = graph.add(graph.matmul(input, graph.float64(weight.data, shape)), graph.float64(bias.data));
    value = layer < weights.length - 1 ? activate(sum) : sum;
  });
  return { value: value!, width };
}

function activation({ graph }: Drawing, fitted: Fitted, name: string, attribute: string): (x: Value) => Value {
  switch (name) {
    case "relu":
      return (x) => graph.relu(x);
    case "tanh":
      return (x) => graph.tanh(x);
    case "logistic":
      return (x) => expit(graph, x);
    case "identity":
      return (x) => x;
    default:
      throw fitted.unsupportedValue(attribute);
  }
}

export const mlpClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    refuseSeveralLabels(fitted, "_label_binarizer");
    const classes = labelsOf(fitted, "classes_");
    const { value, width } = drawLayers(drawing, fitted, rows);
    if (width !== (classes.values.length === 2 ? 1 : classes.values.length))
      throw fitted.wrong("coefs_", `ends in ${width} outputs for ${classes.values.length} classes`);
    const out = fitted.text("out_activation_");
    if (width > 1) {
      if (out !== "softmax") throw fitted.unsupportedValue("out_activation_");
      const probabilities = softmax(graph, value);
      return { kind: "classifier", classes, probabilities, label: graph.argmax(probabilities) };
    }
    const positive = activation(drawing, fitted, out, "out_activation_")(value);
    const label = graph.cast(graph.greater(graph.squeeze(positive, [1]), graph.float64(0.5)), "int64");
    return { kind: "classifier", classes, probabilities: twoClasses(graph, positive), label };
  },
};

export const mlpRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const { value, width } = drawLayers(drawing, fitted, rows);
    const out = fitted.text("out_activation_");
    const activated = out === "exp" ? graph.exp(value) : activation(drawing, fitted, out, "out_activation_")(value);
    return width === 1
      ? { kind: "regressor", value: graph.squeeze(activated, [1]), valueWidth: 0 }
      : { kind: "regressor", value: activated, valueWidth: width };
  },
};
