import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asNumbers } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf } from "../../graph/labels.js";
import { softmax } from "../../graph/maths.js";
import { preciseLog } from "../../graph/precise.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";
import { transpose } from "../linear/linear.js";

/** What a class's joint log likelihood leads to. */
function decide({ graph }: Drawing, classes: Labels, joint: Value): Prediction {
  return { kind: "classifier", classes, label: graph.argmax(joint), probabilities: softmax(graph, joint) };
}

function product({ graph }: Drawing, x: Value, weights: Float64Array, count: number, features: number): Value {
  return graph.matmul(x, graph.float64(transpose(weights, count, features), [features, count]));
}

export const gaussianNaiveBayes: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    const means = fitted.array("theta_", [count, undefined]);
    const features = means.shape[1]!;
    const variances = fitted.array(fitted.either("var_", "sigma_"), [count, features]).data;
    const priors = fitted.floats("class_prior_", count);
    const matrix = rows.matrix(features);
    drawing.bounded();
    const columns = Array.from({ length: count }, (_, index): Value => {
      const own = (data: Float64Array) => data.subarray(index * features, (index + 1) * features);
      const centred = graph.sub(matrix, graph.float64(own(means.data)));
      const distances = graph.div(graph.mul(centred, centred), graph.float64(own(variances)));
      const logs = own(variances).reduce((sum, variance) => sum + preciseLog(2 * Math.PI * variance), 0);
      const likelihood = graph.sub(
        graph.float64(-0.5 * logs),
        graph.mul(graph.float64(0.5), graph.reduceSum(distances, [1], true)),
      );
      return graph.add(graph.float64(preciseLog(priors[index]!)), likelihood);
    });
    return decide(drawing, classes, graph.concat(columns, 1));
  },
};

interface Counted {
  readonly classes: Labels;
  readonly count: number;
  readonly features: number;
  readonly logs: Float64Array;
}

function readCounted(fitted: Fitted): Counted {
  const classes = labelsOf(fitted, "classes_");
  const count = classes.values.length;
  const logs = fitted.array("feature_log_prob_", [count, undefined]);
  return { classes, count, features: logs.shape[1]!, logs: logs.data };
}

export const multinomialNaiveBayes: Handler = {
  predict(drawing, fitted, rows) {
    const { classes, count, features, logs } = readCounted(fitted);
    drawing.bounded();
    const sums = product(drawing, rows.matrix(features), logs, count, features);
    const priors = drawing.graph.float64(fitted.floats("class_log_prior_", count));
    return decide(drawing, classes, drawing.graph.add(sums, priors));
  },
};

export const complementNaiveBayes: Handler = {
  predict(drawing, fitted, rows) {
    const { classes, count, features, logs } = readCounted(fitted);
    drawing.bounded();
    const sums = product(drawing, rows.matrix(features), logs, count, features);
    if (count > 1) return decide(drawing, classes, sums);
    return decide(
      drawing,
      classes,
      drawing.graph.add(sums, drawing.graph.float64(fitted.floats("class_log_prior_", count))),
    );
  },
};

export const bernoulliNaiveBayes: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const { classes, count, features, logs } = readCounted(fitted);
    const matrix = rows.matrix(features);
    drawing.bounded();
    const binary = fitted.isSet("binarize")
      ? graph.cast(graph.greater(matrix, graph.float64(fitted.number("binarize"))), "float64")
      : matrix;
    const absent = logs.map((log) => preciseLog(1 - Math.exp(log)));
    const weights = logs.map((log, at) => log - absent[at]!);
    const sums = graph.add(
      product(drawing, binary, weights, count, features),
      graph.float64(fitted.floats("class_log_prior_", count)),
    );
    const offsets = Float64Array.from({ length: count }, (_, index) =>
      absent.subarray(index * features, (index + 1) * features).reduce((sum, value) => sum + value, 0),
    );
    return decide(drawing, classes, graph.add(sums, graph.float64(offsets)));
  },
};

export const categoricalNaiveBayes: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    const lists = fitted.list("feature_log_prob_");
    const matrix = new MatrixRows(graph, rows.matrix(lists.length), lists.length);
    drawing.bounded();
    drawing.note(`${fitted.title}: a category beyond those of training makes a prediction fail, as in scikit-learn`);
    let joint: Value | undefined;
    lists.forEach((list, column) => {
      const logs = asNumbers(list);
      if (logs?.shape.length !== 2 || logs.shape[0] !== count)
        throw fitted.wrong("feature_log_prob_", `has no table for column ${column}`);
      const categories = logs.shape[1]!;
      const table = graph.float64(transpose(logs.data, count, categories), [categories, count]);
      const index = graph.cast(graph.squeeze(matrix.column(column, "number"), [1]), "int64");
      const each = graph.gather(table, index);
      joint = joint === undefined ? each : graph.add(joint, each);
    });
    const priors = graph.float64(fitted.floats("class_log_prior_", count));
    return decide(drawing, classes, joint === undefined ? priors : graph.add(joint, priors));
  },
};
