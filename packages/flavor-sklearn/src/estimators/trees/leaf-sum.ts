import { Tensor } from "@modelkeep/core";
import type { GraphBuilder, Tree, Value } from "@modelkeep/onnx";

/** What the leaves of an ensemble hold. */
export interface LeafTable {
  /** Numbers per leaf. */
  readonly width: number;
  /** Writes those of a leaf. */
  fill(tree: number, node: number, target: Float64Array, offset: number): void;
  /** Added first, as trees are added to it: one number per column. */
  readonly start?: readonly number[];
}

/**
 * scikit-learn's trees compare the input as float32 with thresholds in float64: `[batch, features]` rounded so. NaN and
 * infinity stay what they are.
 */
export function roundToFloat32(graph: GraphBuilder, matrix: Value): Value {
  return graph.cast(graph.cast(matrix, "float32"), "float64");
}

/** Index of the leaf that each tree ends in, counted over all trees: int64 `[batch, trees]`. */
export function leafIndices(graph: GraphBuilder, rounded: Value, trees: readonly Tree[]): Value {
  return graph.treeLeaves(rounded, { trees });
}

/** A constant `[leaves, width]` in the numbering of `leafIndices`. */
export function leafConstant(graph: GraphBuilder, trees: readonly Tree[], table: LeafTable, extra = 0): Value {
  let leaves = extra;
  for (const { left } of trees) for (let node = 0; node < left.length; node++) if (left[node]! < 0) leaves++;
  const data = new Float64Array(leaves * table.width);
  let offset = 0;
  trees.forEach(({ left }, tree) => {
    for (let node = 0; node < left.length; node++) {
      if (left[node]! >= 0) continue;
      table.fill(tree, node, data, offset);
      offset += table.width;
    }
  });
  if (table.start !== undefined) data.set(table.start, offset);
  return graph.constant(new Tensor("float64", [leaves, table.width], data));
}

/** The sum over the trees, in their order, of what their leaves hold: `[batch, width]`, to the last bit as a loop has it. */
export function sumLeaves(graph: GraphBuilder, leaves: Value, trees: readonly Tree[], table: LeafTable): Value {
  let indices = leaves;
  if (table.start !== undefined) {
    // The start value is one more leaf, before all others.
    const count = trees.reduce(
      (sum, { left }) => sum + Array.prototype.filter.call(left, (child) => child < 0).length,
      0,
    );
    indices = graph.apply("Pad", [indices, graph.int64([0, 1, 0, 0]), graph.int64(count)]);
  }
  const held = graph.gather(leafConstant(graph, trees, table, table.start === undefined ? 0 : 1), indices);
  return graph.reduceSum(held, [1]);
}
