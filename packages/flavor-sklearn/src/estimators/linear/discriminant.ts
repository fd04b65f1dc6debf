import type { Value } from "@modelkeep/onnx";

import { asNumbers } from "../../fitted/python-value.js";
import { labelsOf } from "../../graph/labels.js";
import { softmax } from "../../graph/maths.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { drawDecision, oneVersusRest } from "./linear.js";

export const linearDiscriminantAnalysis: Handler = {
  predict(drawing, fitted, rows) {
    const { scores, binary, ...prediction } = drawDecision(drawing, fitted, rows);
    const shares = binary || !fitted.since(0, 21, true);
    const probabilities = shares ? oneVersusRest(drawing, scores, binary) : softmax(drawing.graph, scores);
    return { ...prediction, probabilities };
  },
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    if (fitted.text("solver", "svd") === "lsqr")
      throw fitted.unsupported("solver", "with the solver lsqr there is no transform; it can only predict");
    const scalings = fitted.array("scalings_", [undefined, undefined]);
    const [features, most] = scalings.shape as [number, number];
    const matrix = rows.matrix(features);
    const centred = fitted.has("xbar_") ? graph.sub(matrix, graph.float64(fitted.floats("xbar_", features))) : matrix;
    const width = Math.min(fitted.count("_max_components", most), most);
    const product = graph.matmul(centred, graph.float64(scalings.data, scalings.shape));
    drawing.bounded();
    return new MatrixRows(graph, width === most ? product : graph.slice(product, [0], [width], [1]), width);
  },
  showsTransform: true,
};

export const quadraticDiscriminantAnalysis: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    const means = fitted.array("means_", [count, undefined]);
    const features = means.shape[1]!;
    const [rotations, scalings] = [fitted.list("rotations_"), fitted.list("scalings_")];
    const priors = fitted.floats("priors_", count);
    const matrix = rows.matrix(features);
    drawing.bounded();
    const columns = Array.from({ length: count }, (_, index): Value => {
      const [rotation, scaling] = [asNumbers(rotations[index]), asNumbers(scalings[index])];
      if (
        rotation?.shape.length !== 2 ||
        rotation.shape[0] !== features ||
        scaling === undefined ||
        scaling.data.length !== rotation.shape[1]
      )
        throw fitted.wrong("rotations_", `does not fit its scalings_ for class ${index}`);
      const rank = rotation.shape[1];
      const scaled = rotation.data.map((value, at) => value * scaling.data[at % rank]! ** -0.5);
      const centred = graph.sub(matrix, graph.float64(means.data.subarray(index * features, (index + 1) * features)));
      const turned = graph.matmul(centred, graph.float64(scaled, [features, rank]));
      const norm = graph.reduceSum(graph.mul(turned, turned), [1], true);
      const logDeterminant = scaling.data.reduce((sum, value) => sum + Math.log(value), 0);
      const half = graph.mul(graph.float64(-0.5), graph.add(norm, graph.float64(logDeterminant)));
      return graph.add(half, graph.float64(Math.log(priors[index]!)));
    });
    const scores = graph.concat(columns, 1);
    const label = graph.argmax(scores);
    const probabilities = softmax(graph, scores);
    if (count > 2) return { kind: "classifier", classes, decision: scores, decisionWidth: count, label, probabilities };
    const decision = graph.squeeze(
      graph.sub(graph.slice(scores, [1], [2], [1]), graph.slice(scores, [0], [1], [1])),
      [1],
    );
    return { kind: "classifier", classes, decision, decisionWidth: 0, label, probabilities };
  },
};
