import type { Value } from "@modelkeep/onnx";

import type { Drawing } from "../../graph/drawing.js";
import { labelsOf, refuseSeveralLabels } from "../../graph/labels.js";
import { twoClasses } from "../../graph/maths.js";
import { joinRows, MatrixRows } from "../../graph/rows.js";
import { respond, scores } from "../ensemble/response.js";
import { confidencesAreOfTheRow } from "../svm/svm.js";
import type { Handler } from "../handler.js";

export const oneVsRest: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const binarizer = fitted.estimator("label_binarizer_", "labels");
    refuseSeveralLabels(fitted, "label_binarizer_");
    const classes = labelsOf(binarizer, "classes_");
    const parts = fitted.estimators("estimators_", (index) => `class ${index}`);
    const count = classes.values.length;
    if (parts.length !== (count === 2 ? 1 : count))
      throw fitted.wrong("estimators_", `has ${parts.length} entries for ${count} classes`);
    const predictions = parts.map((part) => drawing.predict(part, rows));
    const each = predictions.map((prediction, index) => scores(drawing, parts[index]!, prediction));
    const joined =
      each.length === 1
        ? each[0]!.value
        : graph.concat(
            each.map((score) => score.value),
            1,
          );
    const flat = parts.length === 1;
    const label = flat
      ? graph.cast(graph.greater(graph.squeeze(joined, [1]), graph.float64(each[0]!.threshold)), "int64")
      : fitted.since(1, 8, false)
        ? graph.argmax(joined)
        : lastLargest(drawing, joined, count);
    const decided = predictions.every((prediction) => prediction.decision !== undefined);
    const decision = decided
      ? { decision: flat ? graph.squeeze(joined, [1]) : joined, decisionWidth: flat ? 0 : count }
      : {};
    const common = { kind: "classifier" as const, classes, label, ...decision };
    if (predictions.some((prediction) => prediction.probabilities === undefined)) return common;
    const positives = predictions.map((prediction, index) => {
      const { value } = respond(drawing, parts[index]!, prediction, "predict_proba");
      return graph.slice(value, [1], [2], [1]);
    });
    drawing.bounded();
    if (flat) return { ...common, probabilities: twoClasses(graph, positives[0]!) };
    const shares = graph.concat(positives, 1);
    const sum = graph.reduceSum(shares, [1], true);
    return {
      ...common,
      probabilities: graph.div(shares, graph.where(graph.equal(sum, graph.float64(0)), graph.float64(1), sum)),
    };
  },
};

/** Before 1.8 the last of equal scores won. */
function lastLargest({ graph }: Drawing, scores: Value, count: number): Value {
  const reversed = graph.slice(scores, [-1], [-count - 1], [1], [-1]);
  return graph.sub(graph.int64(count - 1), graph.argmax(reversed));
}

export const oneVsOne: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const k = classes.values.length;
    const parts = fitted.estimators("estimators_", (index) => `pair ${index}`);
    if (parts.length !== (k * (k - 1)) / 2)
      throw fitted.wrong("estimators_", `has ${parts.length} entries for ${k} classes`);
    if (fitted.isSet("pairwise_indices_"))
      throw fitted.unsupported("pairwise_indices_", "it was fitted on a table of kernels");
    const predictions = parts.map((part) => drawing.predict(part, rows));
    const each = predictions.map((prediction, index) => scores(drawing, parts[index]!, prediction));
    drawing.bounded();
    if (k === 2 && confidencesAreOfTheRow(fitted)) {
      const decision = graph.squeeze(each[0]!.value, [1]);
      const label = graph.cast(graph.greater(decision, graph.float64(each[0]!.threshold)), "int64");
      return {
        kind: "classifier",
        classes,
        label,
        decision: pairwise(
          drawing,
          predictions.map((one) => one.label!),
          [decision],
          2,
          1,
        ),
        decisionWidth: 0,
      };
    }
    const columns = each.map((score) => graph.squeeze(score.value, [1]));
    const decision = pairwise(
      drawing,
      predictions.map((one) => one.label!),
      columns,
      k,
    );
    const label = graph.argmax(decision);
    if (!confidencesAreOfTheRow(fitted)) return { kind: "classifier", classes, label };
    return { kind: "classifier", classes, label, decision, decisionWidth: k };
  },
};

/** Votes of the pairs, and their confidences squeezed into a third to each side; `only` one column of them. */
function pairwise(
  { graph }: Drawing,
  chosen: readonly Value[],
  confidences: readonly Value[],
  k: number,
  only?: number,
): Value {
  const votes = Array.from({ length: k }, () => undefined as Value | undefined);
  const sums = Array.from({ length: k }, () => undefined as Value | undefined);
  const add = (list: (Value | undefined)[], at: number, value: Value) => {
    list[at] = list[at] === undefined ? value : graph.add(list[at], value);
  };
  for (let i = 0, pair = 0; i < k; i++) {
    for (let j = i + 1; j < k; j++, pair++) {
      const second = graph.cast(chosen[pair]!, "float64");
      add(votes, i, graph.sub(graph.float64(1), second));
      add(votes, j, second);
      add(sums, i, graph.neg(confidences[pair]!));
      add(sums, j, confidences[pair]!);
    }
  }
  const columns = votes.map((vote, index) => {
    const size = graph.mul(graph.float64(3), graph.add(graph.abs(sums[index]!), graph.float64(1)));
    return graph.add(vote!, graph.div(sums[index]!, size));
  });
  if (only !== undefined) return columns[only]!;
  return graph.concat(
    columns.map((column) => graph.unsqueeze(column, [1])),
    1,
  );
}

export const multiOutputClassifier: Handler = {
  predict: (drawing, fitted, rows) => ({
    kind: "classifier",
    targets: fitted.estimators("estimators_", (index) => `target ${index}`).map((part) => drawing.predict(part, rows)),
  }),
};

export const multiOutputRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const parts = fitted.estimators("estimators_", (index) => `target ${index}`);
    const columns = parts.map((part) => respond(drawing, part, drawing.predict(part, rows), "predict").value);
    return { kind: "regressor", value: drawing.graph.concat(columns, 1), valueWidth: parts.length };
  },
};

/** Each estimator of the chain also reads what those before it predicted. */
export const regressorChain: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const parts = fitted.estimators("estimators_", (index) => `link ${index}`);
    const order = fitted.indices("order_", parts.length);
    if (order.length !== parts.length || new Set(order).size !== parts.length)
      throw fitted.wrong("order_", "does not name each target once");
    const chain: Value[] = [];
    for (const part of parts) {
      const before = chain.map((value) => new MatrixRows(graph, value, 1));
      const seen = chain.length === 0 ? rows : joinRows(graph, [rows, ...before]);
      chain.push(respond(drawing, part, drawing.predict(part, seen), "predict").value);
    }
    const inOrder = parts.map((_, target) => chain[order.indexOf(target)]!);
    return { kind: "regressor", value: graph.concat(inOrder, 1), valueWidth: parts.length };
  },
};

/** A classifier of two classes with a threshold of its own. */
export const thresholdClassifier: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const estimator = fitted.estimator("estimator_", "estimator");
    const prediction = drawing.predict(estimator, rows);
    const { classes } = prediction;
    if (classes?.values.length !== 2) throw fitted.wrong("estimator_", "does not tell two classes apart");
    const method = fitted.text("response_method", "auto");
    const positive = fitted.isSet("pos_label")
      ? classes.values.map(String).indexOf(String(fitted.scalar("pos_label")))
      : 1;
    if (positive < 0) throw fitted.wrong("pos_label", "is no label of the estimator");
    const byShare = method === "predict_proba" || (method === "auto" && prediction.probabilities !== undefined);
    const { value } = respond(drawing, estimator, prediction, byShare ? "predict_proba" : "decision_function");
    const score = byShare
      ? graph.slice(value, [positive], [positive + 1], [1])
      : positive === 1
        ? value
        : graph.neg(value);
    const tuned = fitted.has("best_threshold_") ? fitted.number("best_threshold_") : undefined;
    const threshold = tuned ?? (fitted.raw("threshold") === "auto" ? (byShare ? 0.5 : 0) : fitted.number("threshold"));
    const above = graph.cast(graph.greaterOrEqual(graph.squeeze(score, [1]), graph.float64(threshold)), "int64");
    return { ...prediction, label: positive === 1 ? above : graph.sub(graph.int64(1), above) };
  },
};
