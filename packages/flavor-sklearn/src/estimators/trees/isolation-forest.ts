import type { Tree } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { toLabels } from "../../graph/labels.js";
import { preciseLog } from "../../graph/precise.js";
import type { Handler } from "../handler.js";
import { plain } from "./forest.js";
import { leafIndices, roundToFloat32, sumLeaves } from "./leaf-sum.js";
import { type FittedTree, nodeDepths, readTree } from "./tree.js";

const euler = 0.5772156649015329;

/** Depths are exact; the power of two that makes a score of them may differ in its last bit. */
export const isolationForest: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const features = fitted.count("n_features_in_", rows.width ?? fitted.count("n_features_", 0));
    const trees = fitted.estimators("estimators_", (index) => `tree ${index}`).map(readTree);
    if (trees.length === 0) throw fitted.wrong("estimators_", "is empty");
    const subsets = featureSubsets(fitted, trees.length, features);
    const moved = trees.map((tree, index) => moveColumns(fitted, tree, subsets[index]));
    // Before 0.21 a leaf of one row counted as a path of its own.
    const old = !fitted.since(0, 21, true);
    const lengths = trees.map((tree) => pathLengths(tree, old));
    const rounded = roundToFloat32(graph, rows.matrix(features === 0 ? undefined : features));
    const depth = sumLeaves(graph, leafIndices(graph, rounded, moved), plain(trees), {
      width: 1,
      fill: (tree, node, target, offset) => {
        target[offset] = lengths[tree]![node]!;
      },
    });
    const samples = fitted.number(fitted.either("max_samples_", "_max_samples"));
    const usual = trees.length * averagePathLength(samples, old);
    drawing.bounded();
    const share = usual === 0 ? graph.float64(1) : graph.div(graph.squeeze(depth, [1]), graph.float64(usual));
    const score = graph.neg(graph.pow(graph.float64(2), graph.neg(share)));
    const decision = graph.sub(score, graph.float64(fitted.number("offset_")));
    const ownThreshold = fitted.raw("behaviour") === "old" && fitted.has("_threshold_");
    const threshold = ownThreshold ? fitted.number("_threshold_") : 0;
    const label = graph.cast(graph.greaterOrEqual(decision, graph.float64(threshold)), "int64");
    return { kind: "outlier", classes: toLabels([-1, 1])!, label, decision, decisionWidth: 0, score };
  },
};

/** Columns of the input that each tree reads, or undefined for all in their order. */
export function featureSubsets(
  fitted: Fitted,
  count: number,
  features: number,
): readonly (readonly number[] | undefined)[] {
  if (!fitted.has("estimators_features_") && !fitted.has("_estimators_features"))
    return Array.from({ length: count }, () => undefined);
  const attribute = fitted.either("estimators_features_", "_estimators_features");
  const lists = fitted.list(attribute);
  const rowLength = (fitted.shapeOf(attribute) ?? [])[1];
  const list = (index: number): number[] => {
    const nested = fitted.scalarsOf(lists[index]!);
    // A list of arrays, or one array of numbers with a row for each.
    const subset =
      rowLength === undefined ? nested : fitted.scalars(attribute).slice(index * rowLength, (index + 1) * rowLength);
    if (subset === undefined) throw fitted.wrong(attribute, `has no list of columns for estimator ${index}`);
    return subset.map((column) => {
      const number = Number(column);
      if (Number.isInteger(number) && number >= 0 && number < features) return number;
      throw fitted.wrong(attribute, `names the column ${String(column)} of ${features}`);
    });
  };
  const have = rowLength === undefined ? lists.length : fitted.shapeOf(attribute)![0]!;
  if (have !== count) throw fitted.wrong(attribute, `has ${have} lists of columns for ${count} estimators`);
  return Array.from({ length: count }, (_, index) => list(index));
}

/** The tree with columns counted in the whole input. */
export function moveColumns(fitted: Fitted, tree: FittedTree, subset: readonly number[] | undefined): Tree {
  if (subset === undefined) return tree.tree;
  if (subset.length !== tree.features)
    throw fitted.wrong("estimators_features_", `gives ${subset.length} columns to a tree of ${tree.features}`);
  const { feature, left } = tree.tree;
  return { ...tree.tree, feature: Array.from(feature, (column, node) => (left[node]! < 0 ? 0 : subset[column]!)) };
}

/** For each node: its depth, and the path length that a random tree of its training rows would add. */
function pathLengths(tree: FittedTree, old: boolean): Float64Array {
  const depths = nodeDepths(tree.tree);
  return Float64Array.from(depths, (depth, node) => depth + 1 + averagePathLength(tree.samples[node]!, old) - 1);
}

/** Of an unsuccessful search in a binary search tree of n rows (Liu, Ting, Zhou: Isolation Forest, 2008). */
function averagePathLength(n: number, old: boolean): number {
  if (n <= 1) return old ? 1 : 0;
  if (n <= 2 && !old) return 1;
  return 2 * (preciseLog(n - 1) + euler) - (2 * (n - 1)) / n;
}
