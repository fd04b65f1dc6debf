import type { Value } from "@modelkeep/onnx";

import type { Drawing } from "../../graph/drawing.js";
import { labelsOf } from "../../graph/labels.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

/** The same row of numbers for every row of the batch. */
function repeat({ graph }: Drawing, rows: Rows, values: readonly number[]): Value {
  const batch = graph.slice(graph.shape(rows.matrix()), [0], [1], [0]);
  return graph.expand(
    graph.float64(values, [1, values.length]),
    graph.concat([batch, graph.int64([values.length])], 0),
  );
}

export const dummyClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    if (fitted.count("n_outputs_", 1) !== 1) throw fitted.unsupported("n_outputs_", "it has several targets");
    const classes = labelsOf(fitted, "classes_");
    const prior = Array.from(fitted.floats("class_prior_", classes.values.length));
    const strategy = fitted.text("strategy");
    const constant = strategy === "constant" ? String(fitted.scalars("constant")[0] ?? "") : undefined;
    if (!["prior", "most_frequent", "constant"].includes(strategy)) throw fitted.unsupportedValue("strategy");
    const best =
      constant === undefined ? prior.indexOf(Math.max(...prior)) : classes.values.map(String).indexOf(constant);
    if (best < 0) throw fitted.wrong("constant", "is no label of classes_");
    const shares = strategy === "prior" ? prior : prior.map((_, index) => (index === best ? 1 : 0));
    const probabilities = repeat(drawing, rows, shares);
    const label = graph.cast(graph.squeeze(repeat(drawing, rows, [best]), [1]), "int64");
    return { kind: "classifier", classes, probabilities, label };
  },
};

export const dummyRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const values = Array.from(fitted.floats("constant_"));
    const value = repeat(drawing, rows, values);
    return values.length === 1
      ? { kind: "regressor", value: drawing.graph.squeeze(value, [1]), valueWidth: 0 }
      : { kind: "regressor", value, valueWidth: values.length };
  },
};
