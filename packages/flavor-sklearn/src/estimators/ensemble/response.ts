import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import type { Labels } from "../../graph/labels.js";
import type { Prediction } from "../handler.js";

/** What one estimator says to another, `[batch, width]`. */
export interface Response {
  readonly value: Value;
  readonly width: number;
}

/** The answer to predict, predict_proba or decision_function; probabilities of two classes have both columns. */
export function respond(drawing: Drawing, fitted: Fitted, prediction: Prediction, method: string): Response {
  const { graph } = drawing;
  const { probabilities, decision, decisionWidth = 0, value, valueWidth = 0, classes, label, targets } = prediction;
  if (targets !== undefined)
    throw fitted.unsupported("classes_", "it has several targets, which its owner here cannot use");
  const column = (one: Value, width: number): Response =>
    width === 0 ? { value: graph.unsqueeze(one, [1]), width: 1 } : { value: one, width };
  if (method === "predict_proba" && probabilities !== undefined)
    return { value: probabilities, width: classes!.values.length };
  if (method === "decision_function" && decision !== undefined) return column(decision, decisionWidth);
  if (method === "predict" && value !== undefined) return column(value, valueWidth);
  if (method === "predict" && label !== undefined) return column(labelNumber(drawing, fitted, classes, label), 0);
  throw drawing.cannot(fitted, method);
}

/** Labels as numbers: for estimators that were fitted on encoded labels. */
function labelNumber({ graph }: Drawing, fitted: Fitted, classes: Labels | undefined, label: Value): Value {
  if (classes === undefined) return graph.cast(label, "float64");
  if (classes.dtype === "string") throw fitted.unsupported("classes_", "its labels are text where numbers are needed");
  return graph.gather(graph.float64(classes.values.map(Number)), label);
}

/** The decision where there is one, else the probability of the second class (or of all of more than two). */
export function scores(
  drawing: Drawing,
  fitted: Fitted,
  prediction: Prediction,
): Response & { readonly threshold: number } {
  if (prediction.decision !== undefined)
    return { ...respond(drawing, fitted, prediction, "decision_function"), threshold: 0 };
  const all = respond(drawing, fitted, prediction, "predict_proba");
  if (all.width !== 2) return { ...all, threshold: 0.5 };
  return { value: drawing.graph.slice(all.value, [1], [2], [1]), width: 1, threshold: 0.5 };
}

/** For each label of the part its place among the labels of the whole: `malformed` when the whole lacks one. */
export function placesOf(fitted: Fitted, part: Labels | undefined, whole: Labels): number[] {
  if (part === undefined) throw fitted.wrong("classes_", "is needed");
  const places = new Map(whole.values.map((value, index) => [String(value), index]));
  return part.values.map((value) => {
    const place = places.get(String(value));
    if (place === undefined)
      throw fitted.wrong("classes_", `has the label ${String(value)}, which the ensemble does not know`);
    return place;
  });
}

/** Columns for the labels of a part moved to where the whole has them; others are 0. */
export function spread({ graph }: Drawing, value: Value, places: readonly number[], count: number): Value {
  if (places.length === count && places.every((place, index) => place === index)) return value;
  const zeros = graph.mul(graph.slice(value, [0], [1], [1]), graph.float64(0));
  return graph.concat(
    Array.from({ length: count }, (_, place) => {
      const at = places.indexOf(place);
      return at === -1 ? zeros : graph.slice(value, [at], [at + 1], [1]);
    }),
    1,
  );
}

/** One after the other, as a loop adds up. */
export function addAll({ graph }: Drawing, values: readonly Value[]): Value {
  return values.reduce((sum, value) => graph.add(sum, value));
}
