import { Tensor } from "@modelkeep/core";
import type { GraphBuilder, Tree, Value } from "@modelkeep/onnx";

import type { Trees } from "../models/trees.js";

/**
 * What every tree says of every row: labels (int64) or values (float64), [batch, trees]. The ensemble gives the numbers of
 * the leaves; their labels or values are gathered from a table, so that no sum is made in another order than ml.js does.
 */
export function treeResults(
  graph: GraphBuilder,
  rows: Value,
  trees: Trees,
  labels: boolean,
  columns?: (tree: number) => readonly number[],
): Value {
  const leaves = graph.treeLeaves(rows, { mode: "<", trees: onnxTrees(trees, columns) });
  return graph.gather(graph.constant(leafTable(trees, labels)), leaves);
}

/** The column of the only tree. */
export function onlyTree(graph: GraphBuilder, perTree: Value): Value {
  return graph.squeeze(perTree, [1]);
}

/**
 * ml-array-mean: the sum in the order of the trees, then divided. Runtimes are free in the order of ReduceSum and use it;
 * the last of the running sums has only one order.
 */
export function mean(graph: GraphBuilder, perTree: Value, trees: Trees): Value {
  const count = treeCount(trees);
  const sum = graph.squeeze(graph.slice(graph.cumsum(perTree, 1), [count - 1], [count], [1]), [1]);
  return graph.div(sum, graph.float64(count));
}

/** median-quickselect: the middle value, of an even count the lower one of the two. */
export function median(graph: GraphBuilder, perTree: Value, trees: Trees): Value {
  const middle = Math.floor((treeCount(trees) - 1) / 2);
  const { values } = graph.topk(perTree, middle + 1, { axis: 1, largest: false });
  return graph.squeeze(graph.slice(values, [middle], [middle + 1], [1]), [1]);
}

/**
 * ml-array-mode: of the labels with the most votes, the one that had them all first. So: count votes tree by tree, find
 * the first tree at which some label reaches the most that any label reaches, and take what that tree voted.
 */
export function mode(graph: GraphBuilder, perTree: Value, trees: Trees): Value {
  const classes = trees.sizes.reduce((most, size) => Math.max(most, size), 1);
  const labels = graph.int64(Array.from({ length: classes }, (_, label) => label));
  const voted = graph.cast(graph.equal(graph.unsqueeze(perTree, [2]), labels), "float64");
  const own = graph.reduceMax(graph.mul(graph.cumsum(voted, 1), voted), [2]);
  return graph.squeeze(graph.gatherElements(perTree, graph.argmax(own, 1, true), 1), [1]);
}

function treeCount(trees: Trees): number {
  return trees.roots.length - 1;
}

/** Each tree's nodes as they stand, which is in preorder: the left child of a split follows it. */
function onnxTrees(trees: Trees, columns: ((tree: number) => readonly number[]) | undefined): Tree[] {
  let split = 0;
  return trees.roots.slice(0, -1).map((root, index) => {
    const count = trees.roots[index + 1]! - root;
    const own = columns?.(index);
    const tree = {
      feature: new Int32Array(count),
      threshold: new Float64Array(count),
      left: new Int32Array(count).fill(-1),
      right: new Int32Array(count).fill(-1),
    };
    for (let node = 0; node < count; node++) {
      const feature = trees.feature[root + node]!;
      if (feature < 0) continue;
      tree.feature[node] = own === undefined ? feature : own[feature]!;
      tree.threshold[node] = trees.threshold[split]!;
      tree.left[node] = node + 1;
      tree.right[node] = node + trees.right[split++]!;
    }
    return tree;
  });
}

/** The label of a leaf is the first class of the largest share, as in ml-matrix's maxRowIndex. */
function leafTable(trees: Trees, labels: boolean): Tensor {
  const results: number[] = [];
  let start = 0;
  for (const size of trees.sizes) {
    const values = trees.values.subarray(start, (start += size));
    results.push(labels ? values.indexOf(Math.max(...values)) : values[0]!);
  }
  const shape = [results.length];
  return labels
    ? new Tensor("int64", shape, BigInt64Array.from(results, BigInt))
    : new Tensor("float64", shape, Float64Array.from(results));
}
