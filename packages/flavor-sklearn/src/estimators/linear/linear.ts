import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf, refuseSeveralLabels } from "../../graph/labels.js";
import { expit, softmax, twoClasses } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";

/** X coef_.T + intercept_: `[batch, targets]`. */
export function drawLinear(
  drawing: Drawing,
  fitted: Fitted,
  rows: Rows,
  targets?: number,
): { value: Value; targets: number } {
  const { graph } = drawing;
  const coefficients = fitted.array("coef_");
  const { shape, data } = coefficients;
  if (shape.length !== 1 && shape.length !== 2) throw fitted.wrong("coef_", `has the shape [${shape.join(", ")}]`);
  const [count, features] = shape.length === 1 ? [1, shape[0]!] : [shape[0]!, shape[1]!];
  if (targets !== undefined && count !== targets) throw fitted.wrong("coef_", `has ${count} rows, not ${targets}`);
  if (fitted.isSet("n_features_in_") && fitted.count("n_features_in_") !== features)
    throw fitted.wrong("coef_", `has ${features} columns, but it was fitted on ${fitted.count("n_features_in_")}`);
  const matrix = rows.matrix(features);
  drawing.bounded();
  if (coefficients.dtype === "float32") {
    drawing.bounded(1e-6);
    drawing.note(
      `${fitted.title} was fitted on float32: scikit-learn computes in float32 where the input is float32, ONNX in float64`,
    );
  }
  const product = graph.matmul(matrix, graph.float64(transpose(data, count, features), [features, count]));
  const intercept = fitted.has("intercept_") ? fitted.array("intercept_").data : Float64Array.of(0);
  if (intercept.length !== 1 && intercept.length !== count)
    throw fitted.wrong("intercept_", `has ${intercept.length} numbers for ${count} targets`);
  return { value: graph.add(product, graph.float64(intercept)), targets: count };
}

export function transpose(data: Float64Array, rows: number, columns: number): Float64Array {
  const turned = new Float64Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = data[row * columns + column]!;
  return turned;
}

/** Models with `coef_` and `intercept_`; `link` is applied to their sum. */
export function linearRegressor(link?: (drawing: Drawing, value: Value, fitted: Fitted) => Value): Handler {
  return {
    predict(drawing, fitted, rows) {
      const { value: linear, targets } = drawLinear(drawing, fitted, rows);
      const value = link === undefined ? linear : link(drawing, linear, fitted);
      const flat = fitted.shapeOf("coef_")?.length === 1 && (fitted.shapeOf("intercept_")?.length ?? 0) <= 1;
      return flat
        ? { kind: "regressor", value: drawing.graph.squeeze(value, [1]), valueWidth: 0 }
        : { kind: "regressor", value, valueWidth: targets };
    },
  };
}

export const tweedieLink = (drawing: Drawing, value: Value, fitted: Fitted): Value => {
  const link = fitted.text("link", "auto");
  const log = fitted.name !== "TweedieRegressor" || link === "log" || (link === "auto" && fitted.number("power") > 0);
  return log ? drawing.graph.exp(value) : value;
};

/** The decision of a linear classifier, with the label it leads to. */
export function drawDecision(
  drawing: Drawing,
  fitted: Fitted,
  rows: Rows,
  classes: Labels = labelsOf(fitted, "classes_"),
): Prediction & { readonly scores: Value; readonly binary: boolean } {
  const { graph } = drawing;
  const count = classes.values.length;
  const { value: scores, targets } = drawLinear(drawing, fitted, rows);
  const binary = targets === 1;
  if (targets !== (count === 2 ? 1 : count) && !(binary && count === 1) && !(count === 2 && targets === 2))
    throw fitted.wrong("coef_", `has ${targets} rows for ${count} classes`);
  const decision = binary ? graph.squeeze(scores, [1]) : scores;
  const label = binary ? graph.cast(graph.greater(decision, graph.float64(0)), "int64") : graph.argmax(scores);
  return { kind: "classifier", classes, decision, decisionWidth: binary ? 0 : targets, label, scores, binary };
}

export const linearClassifier: Handler = {
  predict: (drawing, fitted, rows) => withoutScores(drawDecision(drawing, fitted, rows)),
};

function withoutScores({
  scores: _scores,
  binary: _binary,
  ...prediction
}: ReturnType<typeof drawDecision>): Prediction {
  return prediction;
}

/** Each class against the rest, made to sum up to 1. */
export function oneVersusRest({ graph }: Drawing, scores: Value, binary: boolean): Value {
  const each = expit(graph, scores);
  return binary ? twoClasses(graph, each) : graph.div(each, graph.reduceSum(each, [1], true));
}

export const logisticRegression: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const decided = drawDecision(drawing, fitted, rows);
    const { scores, binary } = decided;
    if (isOneVersusRest(fitted, binary))
      return { ...withoutScores(decided), probabilities: oneVersusRest(drawing, scores, binary) };
    // The softmax over two classes is of the decision and its opposite.
    const both = binary ? graph.concat([graph.neg(scores), scores], 1) : scores;
    return { ...withoutScores(decided), probabilities: softmax(graph, both) };
  },
};

/** Whether probabilities come of one classifier for each class; `multi_class` was removed in 1.8. */
function isOneVersusRest(fitted: Fitted, binary: boolean): boolean {
  const multiClass = fitted.has("multi_class") ? fitted.text("multi_class") : "auto";
  const liblinear = fitted.text("solver", "liblinear") === "liblinear";
  if (multiClass === "ovr" || multiClass === "warn") return true;
  if (multiClass === "multinomial") return false;
  return binary || liblinear;
}

/** SGD and passive-aggressive classifiers. */
export const sgdClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const decided = drawDecision(drawing, fitted, rows);
    const { scores, binary } = decided;
    const loss = fitted.text("loss", "hinge");
    if (loss === "log_loss" || loss === "log")
      return { ...withoutScores(decided), probabilities: oneVersusRest(drawing, scores, binary) };
    if (loss !== "modified_huber") return withoutScores(decided);
    const one = graph.float64(1);
    const each = graph.div(graph.add(graph.clip(scores, graph.float64(-1), one), one), graph.float64(2));
    if (binary) return { ...withoutScores(decided), probabilities: twoClasses(graph, each) };
    const sum = graph.reduceSum(each, [1], true);
    const none = graph.equal(sum, graph.float64(0));
    const filled = graph.where(none, one, each);
    const probabilities = graph.div(filled, graph.reduceSum(filled, [1], true));
    return { ...withoutScores(decided), probabilities };
  },
};

/** Ridge used as a classifier: -1 and 1 for two classes, one column each for more. */
export const ridgeClassifier: Handler = {
  predict(drawing, fitted, rows) {
    refuseSeveralLabels(fitted, "_label_binarizer");
    const classes = fitted.has("_label_binarizer")
      ? labelsOf(fitted.estimator("_label_binarizer"), "classes_")
      : labelsOf(fitted, "classes_");
    return withoutScores(drawDecision(drawing, fitted, rows, classes));
  },
};
