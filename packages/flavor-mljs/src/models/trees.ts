import { type DType, ModelkeepError, type StateValue, Tensor } from "@modelkeep/core";

import { isMatrixLike, type MatrixLike } from "../matrix.js";
import { StateReader } from "../state-reader.js";

/** A node of ml-cart: a split has both children, a leaf only its distribution (classes) or value (regression). */
export interface CartNode {
  readonly left?: CartNode;
  readonly right?: CartNode;
  readonly splitColumn?: number;
  readonly splitValue?: number;
  readonly gain?: number;
  readonly numberSamples?: number;
  readonly distribution?: MatrixLike | number | number[][];
}

/**
 * Trees as a struct of arrays. Nodes stand in preorder, tree after tree, so a split's left child follows it and only the
 * right one is kept, as a distance. `threshold`, `right`, `gain` and `samples` have one element for each split, `values`
 * the leaves' distributions or values one after another, `sizes` how many numbers each leaf has.
 */
export interface Trees {
  /** First node of each tree, and the count of nodes at the end. */
  readonly roots: readonly number[];
  /** Column that a node splits on, -1 for leaves. */
  readonly feature: ArrayLike<number>;
  readonly threshold: Float64Array;
  readonly right: ArrayLike<number>;
  readonly gain: Float64Array;
  readonly samples: ArrayLike<number>;
  readonly sizes: Int32Array;
  readonly values: Float64Array;
}

/** Deeper trees than this are refused: reviving them would overflow the stack of ml-cart, which is recursive. */
const deepest = 1_000;

export function flattenTrees(trees: readonly CartNode[]): Trees {
  const roots: number[] = [];
  const feature: number[] = [];
  const split = { threshold: [] as number[], right: [] as number[], gain: [] as number[], samples: [] as number[] };
  const sizes: number[] = [];
  const values: number[] = [];
  for (const tree of trees) {
    roots.push(feature.length);
    // A right child waits until its left sibling's subtree is done; then its distance is known.
    const waiting: { node: CartNode; of: number; at: number; depth: number }[] = [];
    let next: { node: CartNode; depth: number } | undefined = { node: tree, depth: 0 };
    while (next !== undefined) {
      const { node, depth }: { node: CartNode; depth: number } = next;
      if (depth > deepest) throw new ModelkeepError("limit_exceeded", `[mljs] A tree is deeper than ${deepest} levels`);
      if (node.left !== undefined && node.right !== undefined) {
        waiting.push({ node: node.right, of: split.right.length, at: feature.length, depth: depth + 1 });
        feature.push(node.splitColumn!);
        split.threshold.push(node.splitValue!);
        split.right.push(0);
        split.gain.push(node.gain ?? Number.NaN);
        split.samples.push(node.numberSamples ?? 0);
        next = { node: node.left, depth: depth + 1 };
      } else {
        const leaf = leafValues(node.distribution);
        feature.push(-1);
        sizes.push(leaf.length);
        for (const value of leaf) values.push(value);
        const sibling = waiting.pop();
        if (sibling !== undefined) split.right[sibling.of] = feature.length - sibling.at;
        next = sibling;
      }
    }
  }
  roots.push(feature.length);
  return {
    roots,
    feature,
    threshold: Float64Array.from(split.threshold),
    right: split.right,
    gain: Float64Array.from(split.gain),
    samples: split.samples,
    sizes: Int32Array.from(sizes),
    values: Float64Array.from(values),
  };
}

export function treesToState(trees: Trees): StateValue {
  return {
    roots: compact(trees.roots),
    feature: compact(trees.feature),
    threshold: new Tensor("float64", [trees.threshold.length], trees.threshold),
    right: compact(trees.right),
    gain: new Tensor("float64", [trees.gain.length], trees.gain),
    samples: compact(trees.samples),
    sizes: compact(trees.sizes),
    values: new Tensor("float64", [trees.values.length], trees.values),
  };
}

const integers: readonly DType[] = ["int8", "int16", "int32", "uint8", "uint16", "uint32"];

/** The trees of a state from anywhere: every index is in bounds and every tree is one, or it is `malformed`. */
export function treesFromState(state: StateValue, columns: (tree: number) => number): Trees {
  const reader = new StateReader(state, "trees");
  const feature = reader.tensor("feature", integers, undefined).data as Int32Array;
  const roots = Array.from(reader.tensor("roots", integers, undefined).data as Int32Array);
  const splits = feature.reduce((count, column) => count + (column < 0 ? 0 : 1), 0);
  const leaves = feature.length - splits;
  const sizes = reader.tensor("sizes", integers, leaves).data as Int32Array;
  const trees: Trees = {
    roots,
    feature,
    threshold: reader.tensor("threshold", "float64", splits).data as Float64Array,
    right: reader.tensor("right", integers, splits).data as Int32Array,
    gain: reader.tensor("gain", "float64", splits).data as Float64Array,
    samples: reader.tensor("samples", integers, splits).data as Int32Array,
    sizes,
    values: reader.tensor(
      "values",
      "float64",
      sizes.reduce((sum, size) => sum + size, 0),
    ).data as Float64Array,
  };
  if (roots[0] !== 0 || roots.at(-1) !== feature.length) throw reader.fault("roots", "does not span the nodes");
  if (sizes.some((size) => size < 1)) throw reader.fault("sizes", "has a leaf without a value");
  let split = 0;
  for (let tree = 0; tree + 1 < roots.length; tree++) {
    if (!(roots[tree]! < roots[tree + 1]!)) throw reader.fault("roots", "does not rise");
    split = checkTree(trees, roots[tree]!, roots[tree + 1]!, split, columns(tree), reader);
  }
  return trees;
}

/** One walk in preorder: each right child must begin exactly where its left sibling's subtree ends. */
function checkTree(
  trees: Trees,
  start: number,
  end: number,
  firstSplit: number,
  columns: number,
  reader: StateReader,
): number {
  const expected: number[] = [];
  let split = firstSplit;
  for (let node = start; node < end; node++) {
    const column = trees.feature[node]!;
    if (column >= columns) throw reader.fault("feature", `splits on column ${column} of ${columns}`);
    if (column >= 0) {
      if (expected.length >= deepest)
        throw new ModelkeepError("limit_exceeded", `[mljs] A tree is deeper than ${deepest} levels`);
      expected.push(node + trees.right[split++]!);
    } else {
      const next = expected.pop() ?? end;
      if (next !== node + 1)
        throw reader.fault("right", `does not point at the node after a subtree: ${next}, not ${node + 1}`);
    }
  }
  if (expected.length > 0) throw reader.fault("feature", "has a tree that ends in a split");
  return split;
}

/** What ml-cart's `load` takes, tree by tree. */
export function* unflattenTrees(trees: Trees, classes: boolean): Generator<CartNode> {
  let split = 0;
  let leaf = 0;
  let value = 0;
  const build = (node: number): CartNode => {
    if (trees.feature[node]! < 0) {
      const numbers = Array.from(trees.values.subarray(value, (value += trees.sizes[leaf++]!)));
      return { distribution: classes ? [numbers] : numbers[0]! };
    }
    const own = split++;
    const left = build(node + 1);
    const right = build(node + trees.right[own]!);
    const gain = trees.gain[own]!;
    const counts = trees.samples[own] === 0 ? {} : { numberSamples: trees.samples[own]! };
    return {
      splitColumn: trees.feature[node]!,
      splitValue: trees.threshold[own]!,
      ...(Number.isNaN(gain) ? {} : { gain }),
      ...counts,
      left,
      right,
    };
  };
  for (let tree = 0; tree + 1 < trees.roots.length; tree++) yield build(trees.roots[tree]!);
}

/** ml-cart's `load` forgets how many samples a split had seen; its feature importances need them. */
export function restoreSamples(loaded: CartNode, kept: CartNode): void {
  if (kept.left === undefined || kept.right === undefined) return;
  if (kept.numberSamples !== undefined) Object.assign(loaded, { numberSamples: kept.numberSamples });
  restoreSamples(loaded.left!, kept.left);
  restoreSamples(loaded.right!, kept.right);
}

function leafValues(distribution: CartNode["distribution"]): readonly number[] {
  if (typeof distribution === "number") return [distribution];
  if (Array.isArray(distribution)) return distribution[0]!;
  if (!isMatrixLike(distribution))
    throw new ModelkeepError("unsupported", "[mljs] A leaf has no distribution: the tree is not trained");
  return Array.from({ length: distribution.columns }, (_, column) => distribution.get(0, column));
}

/** Whole numbers in the smallest signed or unsigned array that holds them. */
function compact(values: ArrayLike<number>): Tensor {
  let least = 0;
  let most = 0;
  for (let index = 0; index < values.length; index++) {
    least = Math.min(least, values[index]!);
    most = Math.max(most, values[index]!);
  }
  const shape = [values.length];
  if (least < 0) {
    if (least >= -0x80 && most < 0x80) return new Tensor("int8", shape, Int8Array.from(values));
    if (least >= -0x8000 && most < 0x8000) return new Tensor("int16", shape, Int16Array.from(values));
    return new Tensor("int32", shape, Int32Array.from(values));
  }
  if (most < 0x100) return new Tensor("uint8", shape, Uint8Array.from(values));
  if (most < 0x10000) return new Tensor("uint16", shape, Uint16Array.from(values));
  return new Tensor("uint32", shape, Uint32Array.from(values));
}
