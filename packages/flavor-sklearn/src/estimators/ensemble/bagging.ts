import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf } from "../../graph/labels.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";
import { featureSubsets } from "../trees/isolation-forest.js";
import { addAll, placesOf, spread } from "./response.js";

interface Member {
  readonly fitted: Fitted;
  readonly prediction: Prediction;
}

function members(drawing: Drawing, fitted: Fitted, rows: Rows): Member[] {
  const parts = fitted.estimators("estimators_", (index) => `estimator ${index}`);
  if (parts.length === 0) throw fitted.wrong("estimators_", "is empty");
  const features = rows.width ?? fitted.count(fitted.either("n_features_in_", "n_features_"));
  rows.matrix(features);
  const subsets = featureSubsets(fitted, parts.length, features);
  return parts.map((part, index) => {
    const subset = subsets[index];
    const whole = subset === undefined || (subset.length === features && subset.every((column, at) => column === at));
    return { fitted: part, prediction: drawing.predict(part, whole ? rows : rows.select(subset)) };
  });
}

export const baggingClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    const parts = members(drawing, fitted, rows);
    // Members were fitted on indices of the classes.
    const encoded: Labels = { dtype: "int64", values: classes.values.map((_, index) => BigInt(index)) };
    const shares = parts.map(({ fitted: part, prediction }) => {
      const places = placesOf(part, prediction.classes, encoded);
      if (prediction.probabilities !== undefined) return spread(drawing, prediction.probabilities, places, count);
      const table = places.flatMap((place) => Array.from({ length: count }, (_, column) => (column === place ? 1 : 0)));
      return graph.gather(graph.float64(table, [places.length, count]), prediction.label!);
    });
    const probabilities = graph.div(addAll(drawing, shares), graph.float64(parts.length));
    const decisions = parts.map(({ prediction }) => prediction.decision);
    const width = parts[0]!.prediction.decisionWidth;
    const decided =
      decisions.every((each) => each !== undefined) &&
      parts.every(({ prediction }) => prediction.decisionWidth === width);
    return {
      kind: "classifier",
      classes,
      probabilities,
      label: graph.argmax(probabilities),
      ...(decided
        ? { decision: graph.div(addAll(drawing, decisions), graph.float64(parts.length)), decisionWidth: width ?? 0 }
        : {}),
    };
  },
};

export const baggingRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const parts = members(drawing, fitted, rows);
    const values = parts.map(({ fitted: part, prediction }) => {
      if (prediction.value === undefined) throw drawing.cannot(part, "predict");
      return prediction.value;
    });
    const value = graph.div(addAll(drawing, values), graph.float64(values.length));
    return { kind: "regressor", value, valueWidth: parts[0]!.prediction.valueWidth ?? 0 };
  },
};
