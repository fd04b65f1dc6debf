import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asObject } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { labelsOf } from "../../graph/labels.js";
import { preciseExp, preciseLog } from "../../graph/precise.js";
import { expit, logSoftmaxExp, twoClasses } from "../../graph/maths.js";
import { MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";
import { plain } from "./forest.js";
import { leafIndices, roundToFloat32, sumLeaves } from "./leaf-sum.js";
import { type FittedTree, readTree, sameFeatures } from "./tree.js";

export const gradientBoostingRegressor: Handler = {
  predict(drawing, fitted, rows) {
    const stages = readStages(fitted);
    if (stages.columns !== 1) throw fitted.wrong("estimators_", "has trees for several targets");
    const start = regressionStart(drawing, fitted, rows);
    const raw = sumStages(drawing, fitted, stages, start, rows);
    return { kind: "regressor", value: drawing.graph.squeeze(raw, [1]), valueWidth: 0 };
  },
};

export const gradientBoostingClassifier: Handler = {
  predict(drawing, fitted, rows): Prediction {
    const { graph } = drawing;
    const stages = readStages(fitted);
    const classes = labelsOf(fitted, "classes_");
    const count = classes.values.length;
    if (stages.columns !== (count === 2 ? 1 : count))
      throw fitted.wrong("estimators_", `has ${stages.columns} trees in each stage for ${count} classes`);
    const start = classificationStart(drawing, fitted, rows, count);
    const raw = sumStages(drawing, fitted, stages, start, rows);
    drawing.bounded();
    if (count > 2) {
      const probabilities = logSoftmaxExp(graph, raw);
      return {
        kind: "classifier",
        classes,
        decision: raw,
        decisionWidth: count,
        probabilities,
        label: graph.argmax(fitted.since(1, 4, false) ? raw : probabilities),
      };
    }
    const exponential = fitted.text("loss", "deviance") === "exponential";
    const probabilities = twoClasses(graph, expit(graph, exponential ? graph.mul(raw, graph.float64(2)) : raw));
    const decision = graph.squeeze(raw, [1]);
    // Since 1.4 the decision decides, before that the probabilities: they differ where exp rounds to one half.
    const label = fitted.since(1, 4, false)
      ? graph.cast(graph.greaterOrEqual(decision, graph.float64(0)), "int64")
      : graph.argmax(probabilities);
    return { kind: "classifier", classes, decision, decisionWidth: 0, probabilities, label };
  },
};

interface Stages {
  /** Stage by stage, the trees of its columns in turn. */
  readonly trees: readonly FittedTree[];
  readonly columns: number;
}

function readStages(fitted: Fitted): Stages {
  const shape = fitted.shapeOf("estimators_");
  const trees = fitted.estimators("estimators_", (index) => `tree ${index}`).map(readTree);
  if (shape?.length !== 2 || trees.length === 0) throw fitted.wrong("estimators_", "is no table of trees");
  if (trees.some((tree) => tree.outputs !== 1 || tree.stride !== 1))
    throw fitted.wrong("estimators_", "holds trees that do not give one number each");
  return { trees, columns: shape[1]! };
}

/** A start that is the same for all rows, or one computed from the row. */
type Start = { readonly constant: readonly number[] } | Value;

/** The start and the trees' values times the learning rate, added in the order of the stages. */
function sumStages({ graph }: Drawing, fitted: Fitted, stages: Stages, start: Start, rows: Rows): Value {
  const rate = fitted.number("learning_rate");
  const { trees, columns } = stages;
  const rounded = roundToFloat32(graph, rows.matrix(sameFeatures(trees)));
  const results: Value[] = [];
  for (let column = 0; column < columns; column++) {
    const own = trees.filter((_, index) => index % columns === column);
    const table = {
      width: 1,
      fill: (tree: number, node: number, target: Float64Array, offset: number) => {
        target[offset] = rate * own[tree]!.values[node]!;
      },
    };
    const leaves = leafIndices(graph, rounded, plain(own));
    if (typeof start === "object") {
      results.push(sumLeaves(graph, leaves, plain(own), { ...table, start: [start.constant[column]!] }));
      continue;
    }
    const first = graph.slice(start, [column], [column + 1], [1]);
    results.push(graph.add(first, sumLeaves(graph, leaves, plain(own), table)));
  }
  return columns === 1 ? results[0]! : graph.concat(results, 1);
}

function regressionStart(drawing: Drawing, fitted: Fitted, rows: Rows): Start {
  const init = initial(fitted);
  if (init === undefined) return { constant: [0] };
  if (init.name === "DummyRegressor") return { constant: [init.floats("constant_", 1)[0]!] };
  const old = oldStart(init);
  if (old !== undefined) return { constant: [init.number(old)] };
  const { value } = predictStart(drawing, init, rows);
  if (value === undefined) throw drawing.cannot(init, "predict");
  return drawing.graph.reshape(value, [-1, 1]);
}

/** An estimator that gives the start reads the input as float32, and computes in float32 where scikit-learn lets it. */
function predictStart(drawing: Drawing, init: Fitted, rows: Rows): Prediction {
  const { graph } = drawing;
  drawing.bounded(1e-6);
  drawing.note(`${init.title}: scikit-learn computes the start in float32, ONNX in float64`);
  return drawing.predict(init, new MatrixRows(graph, roundToFloat32(graph, rows.matrix()), rows.width));
}

/** The logarithm of the odds, or of each class's share: clipped as scikit-learn clips it, by the float32 epsilon. */
function classificationStart(drawing: Drawing, fitted: Fitted, rows: Rows, count: number): Start {
  const init = initial(fitted);
  const columns = count === 2 ? 1 : count;
  if (init === undefined) return { constant: new Array<number>(columns).fill(0) };
  const exponential = fitted.text("loss", "deviance") === "exponential";
  const centred = fitted.since(1, 4, false);
  // NumPy rounds its logarithm to the nearest since 2.0 only; before that, Math.log comes as near as anything.
  const log = centred ? preciseLog : Math.log;
  if (init.name === "DummyClassifier") {
    const shares = dummyShares(init, count).map((share) => Math.min(Math.max(share, epsilon), 1 - epsilon));
    if (count === 2) return { constant: [log(shares[1]! / (1 - shares[1]!)) * (exponential ? 0.5 : 1)] };
    const mean = centred ? preciseExp(shares.map(log).reduce((sum, log) => sum + log, 0) / count) : 1;
    return { constant: shares.map((share) => log(share / mean)) };
  }
  const old = oldStart(init);
  if (old !== undefined) {
    const prior = init.floats(old);
    if (prior.length !== columns) throw init.wrong(old, `has ${prior.length} numbers for ${count} classes`);
    return { constant: old === "priors" ? Array.from(prior, log) : Array.from(prior) };
  }
  const { graph } = drawing;
  const { probabilities } = predictStart(drawing, init, rows);
  if (probabilities === undefined) throw drawing.cannot(init, "predict_proba");
  const clipped = graph.clip(probabilities, graph.float64(epsilon), graph.float64(1 - epsilon));
  if (count > 2) {
    const logs = graph.log(clipped);
    return centred ? graph.sub(logs, graph.reduceMean(logs, [1], true)) : logs;
  }
  const positive = graph.slice(clipped, [1], [2], [1]);
  const odds = graph.log(graph.div(positive, graph.sub(graph.float64(1), positive)));
  return exponential ? graph.mul(odds, graph.float64(0.5)) : odds;
}

/** Of float32. */
const epsilon = 2 ** -23;

/** The estimator that gives the start; undefined when that is "zero". */
function initial(fitted: Fitted): Fitted | undefined {
  const value = fitted.raw("init_");
  if (asObject(value) === undefined && fitted.raw("init") === "zero") return undefined;
  return fitted.estimator("init_");
}

function dummyShares(init: Fitted, count: number): number[] {
  return Array.from(init.floats("class_prior_", count));
}

/** Estimators of scikit-learn up to 0.20 that hold the start itself, by the attribute that has it. */
function oldStart(init: Fitted): string | undefined {
  switch (init.name) {
    case "MeanEstimator":
      return "mean";
    case "QuantileEstimator":
      return "quantile";
    case "LogOddsEstimator":
    case "ScaledLogOddsEstimator":
      return "prior";
    case "PriorProbabilityEstimator":
      return "priors";
    default:
      return undefined;
  }
}
