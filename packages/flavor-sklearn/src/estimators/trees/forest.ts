import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { type Labels, labelsOf } from "../../graph/labels.js";
import type { Rows } from "../../graph/rows.js";
import type { Handler, Prediction } from "../handler.js";
import { leafIndices, roundToFloat32, sumLeaves } from "./leaf-sum.js";
import { type FittedTree, readTree, sameFeatures } from "./tree.js";

export const treeClassifier: Handler = {
  predict: (drawing, fitted, rows) => classify(drawing, fitted, [readTree(fitted)], rows),
};
export const treeRegressor: Handler = {
  predict: (drawing, fitted, rows) => regress(drawing, fitted, [readTree(fitted)], rows),
};
export const forestClassifier: Handler = {
  predict: (drawing, fitted, rows) => classify(drawing, fitted, forestTrees(fitted), rows),
};
export const forestRegressor: Handler = {
  predict: (drawing, fitted, rows) => regress(drawing, fitted, forestTrees(fitted), rows),
};

export function forestTrees(fitted: Fitted): FittedTree[] {
  const trees = fitted.estimators("estimators_", (index) => `tree ${index}`).map(readTree);
  if (trees.length === 0) throw fitted.wrong("estimators_", "is empty");
  const [first] = trees;
  if (trees.some((tree) => tree.outputs !== first!.outputs || tree.classes.join() !== first!.classes.join()))
    throw fitted.wrong("estimators_", "holds trees with different outputs");
  return trees;
}

function classify(drawing: Drawing, fitted: Fitted, trees: readonly FittedTree[], rows: Rows): Prediction {
  const { graph } = drawing;
  const leaves = leavesOf(drawing, trees, rows);
  const { outputs, classes: counts } = trees[0]!;
  const target = (output: number): Prediction => {
    const classes = outputLabels(fitted, outputs, output, counts[output]!);
    const sum = sumLeaves(graph, leaves, plain(trees), probabilityTable(trees, output));
    const probabilities = trees.length === 1 ? sum : graph.div(sum, graph.float64(trees.length));
    return { kind: "classifier", classes, probabilities, label: graph.argmax(probabilities) };
  };
  if (outputs === 1) return target(0);
  return { kind: "classifier", targets: Array.from({ length: outputs }, (_, output) => target(output)) };
}

function outputLabels(fitted: Fitted, outputs: number, output: number, count: number): Labels {
  const labels = outputs === 1 ? labelsOf(fitted, "classes_") : labelsOf(fitted, "classes_", output);
  if (labels.values.length !== count)
    throw fitted.wrong("classes_", `has ${labels.values.length} labels, but its trees tell ${count} classes apart`);
  return labels;
}

function regress(drawing: Drawing, fitted: Fitted, trees: readonly FittedTree[], rows: Rows): Prediction {
  const { graph } = drawing;
  const { outputs, classes } = trees[0]!;
  if (classes.some((count) => count !== 1)) throw fitted.wrong("tree_", "is the tree of a classifier");
  const sum = sumLeaves(graph, leavesOf(drawing, trees, rows), plain(trees), {
    width: outputs,
    fill: (tree, node, target, offset) => copy(trees[tree]!, node, target, offset),
  });
  const value = trees.length === 1 ? sum : graph.div(sum, graph.float64(trees.length));
  return outputs === 1
    ? { kind: "regressor", value: graph.squeeze(value, [1]), valueWidth: 0 }
    : { kind: "regressor", value, valueWidth: outputs };
}

function leavesOf({ graph }: Drawing, trees: readonly FittedTree[], rows: Rows): Value {
  const matrix = rows.matrix(sameFeatures(trees));
  return leafIndices(graph, roundToFloat32(graph, matrix), plain(trees));
}

export function plain(trees: readonly FittedTree[]): FittedTree["tree"][] {
  return trees.map((tree) => tree.tree);
}

/** Class fractions in the leaves, as predict_proba makes them of counts. */
function probabilityTable(trees: readonly FittedTree[], output: number) {
  const width = trees[0]!.classes[output]!;
  const divided = trees.map((tree) => !holdsFractions(tree, output));
  return {
    width,
    fill(index: number, node: number, target: Float64Array, offset: number) {
      const tree = trees[index]!;
      const from = node * tree.stride + output * (tree.stride / tree.outputs);
      const sum = divided[index] === true ? pairwiseSum(tree.values, from, width) : 1;
      for (let each = 0; each < width; each++)
        target[offset + each] = tree.values[from + each]! / (sum === 0 ? 1 : sum);
    },
  };
}

/** From scikit-learn 1.4.1 on leaves hold fractions, which predict_proba gives as they are; before that, counts. */
function holdsFractions(tree: FittedTree, output: number): boolean {
  const width = tree.classes[output]!;
  for (let node = 0; node < tree.samples.length; node++) {
    const from = node * tree.stride + output * (tree.stride / tree.outputs);
    if (Math.abs(pairwiseSum(tree.values, from, width) - 1) > 1e-6) return false;
  }
  return true;
}

function copy(tree: FittedTree, node: number, target: Float64Array, offset: number): void {
  for (let each = 0; each < tree.stride; each++) target[offset + each] = tree.values[node * tree.stride + each]!;
}

/** The sum as NumPy adds up a row: one by one below 8 elements, by eights up to 128, and halves of longer rows. */
export function pairwiseSum(values: ArrayLike<number>, from: number, count: number): number {
  if (count < 8) {
    let sum = 0;
    for (let at = 0; at < count; at++) sum += values[from + at]!;
    return sum;
  }
  if (count > 128) {
    const half = Math.floor(count / 2) - (Math.floor(count / 2) % 8);
    return pairwiseSum(values, from, half) + pairwiseSum(values, from + half, count - half);
  }
  const lanes = Array.from({ length: 8 }, (_, lane) => values[from + lane]!);
  const whole = count - (count % 8);
  for (let at = 8; at < whole; at++) lanes[at % 8]! += values[from + at]!;
  const [a, b, c, d, e, f, g, h] = lanes as [number, number, number, number, number, number, number, number];
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (let at = whole; at < count; at++) sum += values[from + at]!;
  return sum;
}
