import { ModelkeepError } from "@modelkeep/core";
import type { Tree } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asNumbers, asRecordColumn, asScalar, asScalars, describeValue } from "../../fitted/python-value.js";

/** A `sklearn.tree._tree.Tree`, checked: it ends, and every index is within bounds. */
export interface FittedTree {
  readonly tree: Tree;
  readonly features: number;
  readonly outputs: number;
  /** Classes of each output; 1 for regression. */
  readonly classes: readonly number[];
  /** Values per node: outputs x the most classes. */
  readonly stride: number;
  /** `[nodes, outputs, classes]`: counts before scikit-learn 1.4.1, fractions after it, or the values of a regressor. */
  readonly values: Float64Array;
  /** Training rows in each node. */
  readonly samples: Float64Array;
}

/** The tree of a fitted DecisionTree or ExtraTree. */
export function readTree(owner: Fitted): FittedTree {
  const tree = owner.estimator("tree_", "tree");
  const [features, classes, outputs] = readArguments(tree);
  const nodes = tree.raw("nodes");
  const column = (name: string): Float64Array => {
    const numbers = asRecordColumn(nodes, name);
    if (numbers === undefined || numbers.shape.length !== 1)
      throw tree.wrong("nodes", `is ${describeValue(nodes)}, without a column ${name}`);
    return numbers.data;
  };
  const left = column("left_child");
  const count = left.length;
  if (tree.has("node_count") && tree.count("node_count") !== count)
    throw tree.wrong("node_count", `is ${tree.count("node_count")}, but there are ${count} nodes`);
  const most = Math.max(1, ...classes);
  const values = tree.array("values", [count, outputs, most]).data;
  const right = column("right_child");
  const feature = column("feature");
  const missingLeft = asRecordColumn(nodes, "missing_go_to_left")?.data;
  const fault = checkTree(left, right, feature, features);
  if (fault !== undefined) throw tree.wrong("nodes", fault);
  return {
    tree: {
      left,
      right,
      feature,
      threshold: column("threshold"),
      ...(missingLeft === undefined ? {} : { missingLeft }),
    },
    features,
    outputs,
    classes,
    stride: outputs * most,
    values,
    samples: column("n_node_samples"),
  };
}

/** Tree(n_features, n_classes, n_outputs). */
function readArguments(tree: Fitted): [features: number, classes: readonly number[], outputs: number] {
  const { args } = tree.object;
  const [features, outputs] = [asScalar(args[0]), asScalar(args[2])];
  const classes = asNumbers(args[1])?.data ?? asScalars(args[1])?.map(Number);
  const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;
  if (!isCount(features) || !isCount(outputs) || classes === undefined)
    throw tree.wrong("constructor", "has arguments that are no counts");
  const list = Array.from(classes);
  if (list.length !== outputs || !list.every(isCount))
    throw tree.wrong("constructor", `says ${outputs} outputs, but gives class counts for ${list.length}`);
  return [features, list, outputs];
}

/**
 * What is wrong with the nodes, or undefined: children in range, every node but the root the child of exactly one, all
 * of them reached from the root. Walks with a list, so that depth does not matter.
 */
export function checkTree(
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  feature: ArrayLike<number>,
  features: number | undefined,
): string | undefined {
  const count = left.length;
  if (count === 0) return "is empty";
  const hasParent = new Uint8Array(count);
  let inner = 0;
  for (let node = 0; node < count; node++) {
    if (left[node]! < 0) {
      if (right[node]! >= 0) return `has one child only in node ${node}`;
      continue;
    }
    inner++;
    const column = feature[node]!;
    if (!Number.isInteger(column) || column < 0 || (features !== undefined && column >= features))
      return `compares column ${column} of ${features ?? "?"} in node ${node}`;
    for (const child of [left[node]!, right[node]!]) {
      if (!Number.isInteger(child) || child < 1 || child >= count)
        return `leads from node ${node} to ${child}, outside its ${count} nodes`;
      if (hasParent[child] === 1) return `reaches node ${child} by two ways: it is no tree`;
      hasParent[child] = 1;
    }
  }
  let reached = 0;
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    reached++;
    if (left[node]! >= 0) open.push(left[node]!, right[node]!);
  }
  if (reached !== count || inner * 2 + 1 !== count)
    return `has ${count - reached} nodes that its root does not reach: it is no tree`;
  return undefined;
}

/** Depth of each node, the root's being 0. */
export function nodeDepths(tree: Tree): Int32Array {
  const depths = new Int32Array(tree.left.length);
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (tree.left[node]! < 0) continue;
    for (const child of [tree.left[node]!, tree.right[node]!]) {
      depths[child] = depths[node]! + 1;
      open.push(child);
    }
  }
  return depths;
}

/** Trees of one ensemble that do not read the same columns. */
export function sameFeatures(trees: readonly FittedTree[]): number {
  const features = trees[0]?.features;
  if (features === undefined) throw new ModelkeepError("malformed", "[sklearn] An ensemble has no trees");
  if (trees.some((tree) => tree.features !== features))
    throw new ModelkeepError(
      "malformed",
      "[sklearn] The trees of an ensemble were fitted on different numbers of columns",
    );
  return features;
}
