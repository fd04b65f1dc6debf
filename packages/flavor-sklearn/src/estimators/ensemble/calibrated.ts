import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf } from "../../graph/labels.js";
import { expit, interpolate, softmax, twoClasses } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";
import { addAll, placesOf, respond, scores, spread } from "./response.js";

export const calibratedClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const parts = fitted.estimators("calibrated_classifiers_", (index) => `calibrated classifier ${index}`);
    if (parts.length === 0) throw fitted.wrong("calibrated_classifiers_", "is empty");
    drawing.bounded();
    const each = parts.map((part) => calibrate(drawing, part, rows, classes));
    const probabilities = graph.div(addAll(drawing, each), graph.float64(parts.length));
    return { kind: "classifier", classes, probabilities, label: graph.argmax(probabilities) };
  },
};

function calibrate(drawing: Drawing, part: Fitted, rows: Rows, classes: Labels): Value {
  const { graph } = drawing;
  const count = classes.values.length;
  const estimator = part.estimator(part.either("estimator", "base_estimator"), "estimator");
  const prediction = drawing.predict(estimator, rows);
  const calibrators = part.estimators(part.either("calibrators", "calibrators_"), (index) => `calibrator ${index}`);
  if (part.raw("method") === "temperature") return temperature(drawing, part, estimator, prediction, calibrators);
  const { value, width } = scores(drawing, estimator, prediction);
  if (calibrators.length !== width)
    throw part.wrong("calibrators", `has ${calibrators.length} entries for ${width} scores`);
  const columns = calibrators.map((calibrator, index) =>
    applyCalibrator(drawing, calibrator, width === 1 ? value : graph.slice(value, [index], [index + 1], [1])),
  );
  if (count === 2) return limit(drawing, twoClasses(graph, columns[0]!));
  const places = placesOf(estimator, prediction.classes, classes);
  const spreadOut = spread(drawing, columns.length === 1 ? columns[0]! : graph.concat(columns, 1), places, count);
  const sum = graph.reduceSum(spreadOut, [1], true);
  const none = graph.equal(sum, graph.float64(0));
  const share = graph.div(spreadOut, graph.where(none, graph.float64(1), sum));
  return limit(drawing, graph.where(none, graph.float64(1 / count), share));
}

/** What exceeds 1 by rounding only is 1. */
function limit({ graph }: Drawing, shares: Value): Value {
  const one = graph.float64(1);
  const barely = graph.and(graph.greater(shares, one), graph.lessOrEqual(shares, graph.float64(1 + 1e-5)));
  return graph.where(barely, one, shares);
}

function applyCalibrator(drawing: Drawing, calibrator: Fitted, score: Value): Value {
  const { graph } = drawing;
  if (calibrator.name === "_SigmoidCalibration") {
    const line = graph.add(
      graph.mul(graph.float64(calibrator.number("a_")), score),
      graph.float64(calibrator.number("b_")),
    );
    return expit(graph, graph.neg(line));
  }
  if (calibrator.name === "IsotonicRegression") return drawIsotonic(drawing, calibrator, score);
  throw calibrator.unsupported("class", "such a calibrator has no ONNX form here");
}

/** Straight lines between the thresholds of an isotonic regression, for `[batch, 1]`. */
export function drawIsotonic(drawing: Drawing, isotonic: Fitted, x: Value): Value {
  const { graph } = drawing;
  const points = isotonic.floats(isotonic.either("X_thresholds_", "_necessary_X_"));
  const heights = isotonic.floats(isotonic.either("y_thresholds_", "_necessary_y_"), points.length);
  if (points.length === 0) throw isotonic.wrong("X_thresholds_", "is empty");
  for (let at = 1; at < points.length; at++)
    if (!(points[at]! > points[at - 1]!)) throw isotonic.wrong("X_thresholds_", "does not ascend");
  const outside = isotonic.text("out_of_bounds", "nan");
  if (points.length === 1) return graph.add(graph.mul(x, graph.float64(0)), graph.float64(heights[0]!));
  const value = interpolate(graph, x, [{ x: points, y: heights }]);
  if (outside === "clip") return value;
  drawing.note(`${isotonic.title}: outside of the range of training it gives NaN`);
  const below = graph.less(x, graph.float64(points[0]!));
  const above = graph.greater(x, graph.float64(points.at(-1)!));
  return graph.where(graph.or(below, above), graph.float64(Number.NaN), value);
}

function temperature(
  drawing: Drawing,
  part: Fitted,
  estimator: Fitted,
  prediction: Prediction,
  calibrators: readonly Fitted[],
): Value {
  const { graph } = drawing;
  if (calibrators.length !== 1) throw part.wrong("calibrators", "needs one entry for a temperature");
  const beta = graph.float64(calibrators[0]!.number("beta_"));
  const decided = prediction.decision !== undefined;
  const { value, width } = respond(drawing, estimator, prediction, decided ? "decision_function" : "predict_proba");
  const logits = decided ? value : graph.log(graph.add(value, graph.float64(1e-12)));
  const both = width === 1 ? graph.concat([graph.neg(logits), logits], 1) : logits;
  return softmax(graph, graph.mul(beta, both));
}

export const isotonicRegression: Handler = {
  predict(drawing, fitted, rows) {
    drawing.bounded();
    const value = drawIsotonic(drawing, fitted, rows.matrix(1));
    return { kind: "regressor", value: drawing.graph.squeeze(value, [1]), valueWidth: 0 };
  },
};
