import type { Value } from "@modelkeep/onnx";

import { denseArray } from "../../fitted/dense.js";
import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { labelsOf, toLabels } from "../../graph/labels.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { couplePairs } from "./coupling.js";
import { drawKernel } from "./kernel.js";

export const svc: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const classes = labelsOf(fitted, "classes_");
    const k = classes.values.length;
    if (k < 2) throw fitted.wrong("classes_", "has one label only");
    const pairs = drawPairs(drawing, fitted, rows, k);
    const votes = graph.matmul(
      graph.cast(graph.greater(pairs, graph.float64(0)), "float64"),
      voteTable(drawing, k, true),
    );
    const against = graph.matmul(
      graph.cast(graph.not(graph.greater(pairs, graph.float64(0))), "float64"),
      voteTable(drawing, k, false),
    );
    const common = { kind: "classifier" as const, classes };
    const probabilities = drawProbabilities(drawing, fitted, pairs, k);
    const proba = probabilities === undefined ? {} : { probabilities };
    const voted = graph.argmax(graph.add(votes, against));
    if (k === 2)
      return { ...common, ...proba, label: voted, decision: graph.squeeze(graph.neg(pairs), [1]), decisionWidth: 0 };
    const oneToOne = fitted.text("decision_function_shape", "ovr") === "ovo";
    const decision = oneToOne ? pairs : oneToRest(drawing, pairs, k);
    if (!oneToOne && !confidencesAreOfTheRow(fitted)) {
      drawing.note(
        `${fitted.title}: before scikit-learn 0.21 the decision of a row depended on the others; it is left out`,
      );
      return { ...common, ...proba, label: voted };
    }
    const label = fitted.boolean("break_ties", false) && !oneToOne ? graph.argmax(decision) : voted;
    return { ...common, ...proba, label, decision, decisionWidth: oneToOne ? (k * (k - 1)) / 2 : k };
  },
};

/** The decision for each pair of classes, positive for the lower one: `[batch, k (k - 1) / 2]`. */
function drawPairs(drawing: Drawing, fitted: Fitted, rows: Rows, k: number): Value {
  const { graph } = drawing;
  const { kernel, vectors } = drawKernel(drawing, fitted, rows);
  const count = (k * (k - 1)) / 2;
  const counts = fitted.floats(fitted.either("_n_support", "n_support_"), k);
  const starts = [0];
  for (const each of counts) starts.push(starts.at(-1)! + each);
  if (!counts.every((each) => Number.isInteger(each) && each >= 0) || starts[k] !== vectors)
    throw fitted.wrong("n_support_", `does not sum up to its ${vectors} support vectors`);
  const dual = denseArray(fitted, "_dual_coef_", [k - 1, vectors]).data;
  const intercepts = fitted.floats("_intercept_", count);
  const weights = new Float64Array(vectors * count);
  for (let i = 0, pair = 0; i < k; i++) {
    for (let j = i + 1; j < k; j++, pair++) {
      for (let at = starts[i]!; at < starts[i + 1]!; at++) weights[at * count + pair] = dual[(j - 1) * vectors + at]!;
      for (let at = starts[j]!; at < starts[j + 1]!; at++) weights[at * count + pair] = dual[i * vectors + at]!;
    }
  }
  return graph.add(graph.matmul(kernel, graph.float64(weights, [vectors, count])), graph.float64(intercepts));
}

/** `[pairs, k]` with a one where a pair votes for its lower (or higher) class. */
function voteTable({ graph }: Drawing, k: number, lower: boolean): Value {
  const table: number[] = [];
  for (let i = 0; i < k; i++)
    for (let j = i + 1; j < k; j++)
      for (let column = 0; column < k; column++) table.push(column === (lower ? i : j) ? 1 : 0);
  return graph.float64(table, [(k * (k - 1)) / 2, k]);
}

/** Before 0.21 the confidences of a row were scaled by the largest among all rows that were predicted with it. */
export function confidencesAreOfTheRow(fitted: Fitted): boolean {
  return fitted.since(0, 21, true);
}

/** Votes, and within a vote the sum of confidences squeezed into a third to each side. */
export function oneToRest(drawing: Drawing, pairs: Value, k: number): Value {
  const { graph } = drawing;
  const negative = graph.less(pairs, graph.float64(0));
  const votes = graph.add(
    graph.matmul(graph.cast(graph.not(negative), "float64"), voteTable(drawing, k, true)),
    graph.matmul(graph.cast(negative, "float64"), voteTable(drawing, k, false)),
  );
  const confidences = graph.sub(
    graph.matmul(pairs, voteTable(drawing, k, true)),
    graph.matmul(pairs, voteTable(drawing, k, false)),
  );
  const size = graph.mul(graph.float64(3), graph.add(graph.abs(confidences), graph.float64(1)));
  return graph.add(votes, graph.div(confidences, size));
}

function drawProbabilities(drawing: Drawing, fitted: Fitted, pairs: Value, k: number): Value | undefined {
  if (fitted.raw("probability") !== true || !(fitted.has("_probA") || fitted.has("probA_"))) return undefined;
  const { graph } = drawing;
  const count = (k * (k - 1)) / 2;
  const [a, b] = [fitted.floats(fitted.either("_probA", "probA_")), fitted.floats(fitted.either("_probB", "probB_"))];
  if (a.length !== count || b.length !== count)
    throw fitted.wrong("_probA", `has ${a.length} numbers for ${count} pairs of classes`);
  const score = graph.add(graph.mul(pairs, graph.float64(a)), graph.float64(b));
  const one = graph.float64(1);
  // exp of a number that is not positive never overflows.
  const small = graph.exp(graph.neg(graph.abs(score)));
  const quotient = graph.div(
    graph.where(graph.greaterOrEqual(score, graph.float64(0)), small, one),
    graph.add(one, small),
  );
  const clipped = graph.clip(quotient, graph.float64(1e-7), graph.float64(1 - 1e-7));
  return couplePairs(graph, clipped, k);
}

/** Support vectors with one weight each. */
function drawSum(drawing: Drawing, fitted: Fitted, rows: Rows): Value {
  const { graph } = drawing;
  const { kernel, vectors } = drawKernel(drawing, fitted, rows);
  const weights = denseArray(fitted, "_dual_coef_", [1, vectors]).data;
  const sum = graph.matmul(kernel, graph.float64(weights, [vectors]));
  return graph.add(sum, graph.float64(fitted.floats("_intercept_", 1)[0]!));
}

export const svr: Handler = {
  predict: (drawing, fitted, rows) => ({ kind: "regressor", value: drawSum(drawing, fitted, rows), valueWidth: 0 }),
};

export const oneClassSvm: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const decision = drawSum(drawing, fitted, rows);
    const score = graph.add(decision, graph.float64(fitted.floats("offset_", 1)[0]!));
    const label = graph.cast(graph.greater(decision, graph.float64(0)), "int64");
    return { kind: "outlier", classes: toLabels([-1, 1])!, label, decision, decisionWidth: 0, score };
  },
};
