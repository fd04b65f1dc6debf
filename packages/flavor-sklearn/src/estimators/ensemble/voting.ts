import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asScalars } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf } from "../../graph/labels.js";
import { joinRows, MatrixRows, type Rows } from "../../graph/rows.js";
import { namedParts } from "../compose/pipeline.js";
import { specialStep } from "../../graph/drawing.js";
import type { Handler } from "../handler.js";
import { addAll, placesOf, respond, spread } from "./response.js";

/** The fitted estimators with their names. */
function members(fitted: Fitted): Fitted[] {
  const names = namedParts(fitted, "estimators")
    .filter((part) => specialStep(part.value) === undefined)
    .map((part) => part.name);
  return fitted.estimators("estimators_", (index) => `estimator ${JSON.stringify(names[index] ?? String(index))}`);
}

/** Weights of those that take part. */
function weightsOf(fitted: Fitted, count: number): number[] | undefined {
  if (!fitted.isSet("weights")) return undefined;
  const all = (asScalars(fitted.raw("weights")) ?? []).map(Number);
  const parts = namedParts(fitted, "estimators");
  const weights = all.filter((_, index) => parts[index] !== undefined && specialStep(parts[index].value) === undefined);
  if (weights.length !== count) throw fitted.wrong("weights", `has ${weights.length} numbers for ${count} estimators`);
  return weights;
}

function average(drawing: Drawing, values: readonly Value[], weights: readonly number[] | undefined): Value {
  const { graph } = drawing;
  if (weights === undefined) return graph.div(addAll(drawing, values), graph.float64(values.length));
  const weighted = values.map((value, index) => graph.mul(value, graph.float64(weights[index]!)));
  return graph.div(addAll(drawing, weighted), graph.float64(weights.reduce((sum, weight) => sum + weight, 0)));
}

export const votingClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = outerLabels(fitted, "le_");
    const count = classes.values.length;
    const parts = members(fitted);
    const weights = weightsOf(fitted, parts.length);
    const predictions = parts.map((part) => drawing.predict(part, rows));
    // Members were fitted on indices of the classes.
    const encoded: Labels = { dtype: "int64", values: classes.values.map((_, index) => BigInt(index)) };
    const places = predictions.map((prediction, index) => placesOf(parts[index]!, prediction.classes, encoded));
    const common = { kind: "classifier" as const, classes };
    if (fitted.text("voting") === "soft") {
      const each = predictions.map((prediction, index) =>
        spread(drawing, respond(drawing, parts[index]!, prediction, "predict_proba").value, places[index]!, count),
      );
      const probabilities = average(drawing, each, weights);
      return { ...common, probabilities, label: graph.argmax(probabilities) };
    }
    const votes = predictions.map((prediction, index) => {
      const table = places[index]!.flatMap((place) =>
        Array.from({ length: count }, (_, column) => (column === place ? (weights?.[index] ?? 1) : 0)),
      );
      return graph.gather(graph.float64(table, [places[index]!.length, count]), prediction.label!);
    });
    return { ...common, label: graph.argmax(addAll(drawing, votes)) };
  },
};

export const votingRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const parts = members(fitted);
    const values = parts.map((part) => {
      const { value, valueWidth } = drawing.predict(part, rows);
      if (value === undefined || valueWidth !== 0) throw drawing.cannot(part, "predict");
      return value;
    });
    return { kind: "regressor", value: average(drawing, values, weightsOf(fitted, parts.length)), valueWidth: 0 };
  },
};

function outerLabels(fitted: Fitted, encoder: string): Labels {
  return fitted.has("classes_") ? labelsOf(fitted, "classes_") : labelsOf(fitted.estimator(encoder), "classes_");
}

/** What the members say, side by side, and the input itself behind it where that is asked for. */
function stack(drawing: Drawing, fitted: Fitted, rows: Rows): Rows {
  const { graph } = drawing;
  const parts = members(fitted);
  const methods = fitted.scalars("stack_method_").map(String);
  if (methods.length !== parts.length)
    throw fitted.wrong("stack_method_", `has ${methods.length} entries for ${parts.length} estimators`);
  const columns = parts.map((part, index): Rows => {
    const { value, width } = respond(drawing, part, drawing.predict(part, rows), methods[index]!);
    // Of the probabilities of two classes the second says all.
    return width === 2 && methods[index] === "predict_proba"
      ? new MatrixRows(graph, graph.slice(value, [1], [2], [1]), 1)
      : new MatrixRows(graph, value, width);
  });
  if (fitted.boolean("passthrough", false)) columns.push(rows);
  return joinRows(graph, columns);
}

export const stackingClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const classes = outerLabels(fitted, "_label_encoder");
    const last = fitted.estimator("final_estimator_", "final estimator");
    const prediction = drawing.predict(last, stack(drawing, fitted, rows));
    if (prediction.classes?.values.length !== classes.values.length)
      throw fitted.wrong("final_estimator_", "tells other classes apart than classes_");
    return { ...prediction, classes };
  },
};

export const stackingRegressor: Handler = {
  predict: (drawing, fitted, rows) =>
    drawing.predict(fitted.estimator("final_estimator_", "final estimator"), stack(drawing, fitted, rows)),
};
