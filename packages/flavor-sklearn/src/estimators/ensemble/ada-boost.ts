import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf } from "../../graph/labels.js";
import { softmax } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { pairwiseSum } from "../trees/forest.js";
import { addAll, placesOf, respond, spread } from "./response.js";

export const adaBoostClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    if (count < 2) throw fitted.wrong("classes_", "has one label only");
    const parts = fitted.estimators("estimators_", (index) => `estimator ${index}`);
    const weights = fitted.floats("estimator_weights_").subarray(0, parts.length);
    if (parts.length === 0 || weights.length !== parts.length)
      throw fitted.wrong("estimator_weights_", `has ${weights.length} numbers for ${parts.length} estimators`);
    drawing.bounded();
    const real = fitted.has("algorithm") && fitted.raw("algorithm") === "SAMME.R";
    const votes = parts.map((part, index) =>
      real
        ? logShares(drawing, part, rows, classes)
        : weighVotes(drawing, fitted, part, rows, classes, weights[index]!),
    );
    const all = fitted.floats("estimator_weights_");
    const sums = graph.div(addAll(drawing, votes), graph.float64(pairwiseSum(all, 0, all.length)));
    const common = { kind: "classifier" as const, classes };
    // Before 0.22 probabilities of SAMME were made in another way, which has no form here.
    const known = (probabilities: Value) => (real || fitted.since(0, 22, true) ? { probabilities } : {});
    if (count > 2) {
      const label = graph.argmax(sums);
      const shares = known(softmax(graph, graph.div(sums, graph.float64(count - 1))));
      return { ...common, ...shares, decision: sums, decisionWidth: count, label };
    }
    const column = graph.sub(graph.slice(sums, [1], [2], [1]), graph.slice(sums, [0], [1], [1]));
    const decision = graph.squeeze(column, [1]);
    const label = graph.cast(graph.greater(decision, graph.float64(0)), "int64");
    const both = graph.div(graph.concat([graph.neg(column), column], 1), graph.float64(2));
    return { ...common, ...known(softmax(graph, both)), decision, decisionWidth: 0, label };
  },
};

/** SAMME: the weight for the class that a member chose; since 1.3 a share of it against each of the others. */
function weighVotes(
  drawing: Drawing,
  fitted: Fitted,
  part: Fitted,
  rows: Rows,
  classes: Labels,
  weight: number,
): Value {
  const count = classes.values.length;
  const other = fitted.since(1, 3, false) ? (-1 / (count - 1)) * weight : 0;
  const prediction = drawing.predict(part, rows);
  if (prediction.label === undefined) throw drawing.cannot(part, "predict");
  const places = placesOf(part, prediction.classes, classes);
  const table = places.flatMap((place) =>
    Array.from({ length: count }, (_, column) => (column === place ? weight : other)),
  );
  return drawing.graph.gather(drawing.graph.float64(table, [places.length, count]), prediction.label);
}

/** SAMME.R: logarithms of a member's probabilities, less their mean. */
function logShares(drawing: Drawing, part: Fitted, rows: Rows, classes: Labels): Value {
  const { graph } = drawing;
  const count = classes.values.length;
  const prediction = drawing.predict(part, rows);
  const own = respond(drawing, part, prediction, "predict_proba").value;
  const shares = spread(drawing, own, placesOf(part, prediction.classes, classes), count);
  const logs = graph.log(graph.max(shares, graph.float64(2 ** -52)));
  const mean = graph.mul(graph.float64(1 / count), graph.reduceSum(logs, [1], true));
  return graph.mul(graph.float64(count - 1), graph.sub(logs, mean));
}

/** The median of the members' values, each counting by its weight. */
export const adaBoostRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const parts = fitted.estimators("estimators_", (index) => `estimator ${index}`);
    const weights = fitted.floats("estimator_weights_").subarray(0, parts.length);
    if (parts.length === 0 || weights.length !== parts.length)
      throw fitted.wrong("estimator_weights_", `has ${weights.length} numbers for ${parts.length} estimators`);
    const columns = parts.map((part) => respond(drawing, part, drawing.predict(part, rows), "predict").value);
    const { values, indices } = graph.topk(graph.concat(columns, 1), parts.length, { largest: false });
    const cumulated = graph.cumsum(graph.gather(graph.float64(weights), indices), 1);
    const half = graph.mul(graph.float64(0.5), graph.slice(cumulated, [parts.length - 1], [parts.length], [1]));
    const reached = graph.cast(graph.greaterOrEqual(cumulated, half), "int64");
    const median = graph.gatherElements(values, graph.argmax(reached, 1, true), 1);
    return { kind: "regressor", value: graph.squeeze(median, [1]), valueWidth: 0 };
  },
};
