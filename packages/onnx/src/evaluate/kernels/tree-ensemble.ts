import { ModelkeepError } from "@modelkeep/core";

import { given, type KernelFactory, type KernelTable, type NodeReader } from "../kernel.js";
import { missingBit, type PackedTrees, packTrees } from "../packed-trees.js";
import { count, numbers, type Numbers, zeros } from "../value.js";

type Rows = Float64Array | Float32Array;

/** Rows that go through one tree after another together, so that a tree's nodes stay in the cache. */
const block = 256;

/** ai.onnx.ml TreeEnsemble, version 5. */
const treeEnsemble: KernelFactory = (node) => {
  const targets = node.int("n_targets", 0);
  const aggregate = node.int("aggregate_function", 1);
  if (node.int("post_transform", 0) !== 0) throw node.fault("has a post_transform, which is not known here");
  if (!(targets > 0 && targets < 2 ** 24)) throw node.fault(`has ${targets} targets`);
  const modes = required(node, "nodes_modes");
  const ints = (name: string) => node.ints(name) ?? [];
  const trees = packTrees(
    {
      roots: ints("tree_roots"),
      features: ints("nodes_featureids"),
      splits: required(node, "nodes_splits"),
      modes,
      missing: node.ints("nodes_missing_value_tracks_true"),
      trueNodes: ints("nodes_truenodeids"),
      trueLeaves: ints("nodes_trueleafs"),
      falseNodes: ints("nodes_falsenodeids"),
      falseLeaves: ints("nodes_falseleafs"),
      leafTargets: ints("leaf_targetids"),
      leafWeights: required(node, "leaf_weights"),
    },
    targets,
  );
  const find = finder(trees, modes, node);
  const leaves = new Int32Array(block);
  return (inputs) => {
    const x = numbers(given(inputs, 0));
    const [rows = 0, columns = 0] = x.shape;
    if (x.shape.length !== 2 || columns < trees.columns)
      throw new ModelkeepError(
        "signature_mismatch",
        `TreeEnsemble needs ${trees.columns} columns, not the shape [${x.shape.join(", ")}]`,
      );
    const shape = [rows, targets];
    const data = zeros(x.dtype, count(shape));
    const add = adders[aggregate];
    if (add === undefined) throw node.fault(`has the unknown aggregate_function ${aggregate}`);
    for (let first = 0; first < rows; first += block) {
      const size = Math.min(block, rows - first);
      for (let tree = 0; tree < trees.roots.length; tree++) {
        find(x.data as Rows, first, size, columns, trees.roots[tree]!, leaves);
        add(trees, leaves, size, data, first * targets, targets, tree === 0);
      }
    }
    if (aggregate === 0) for (let at = 0; at < data.length; at++) data[at]! /= trees.roots.length;
    return [{ dtype: x.dtype, shape, data }];
  };
};

function required(node: NodeReader, name: string): ArrayLike<number> {
  const tensor = node.tensor(name);
  if (tensor === undefined || tensor.dtype === "string") throw node.fault(`has no numbers in ${name}`);
  return tensor.data as Numbers;
}

/** Writes the leaf that each of `size` rows ends in. */
type Find = (x: Rows, first: number, size: number, columns: number, root: number, leaves: Int32Array) => void;

function finder(trees: PackedTrees, modes: ArrayLike<number>, node: NodeReader): Find {
  for (let at = 0; at < modes.length; at++)
    if (modes[at] !== 0) return findByMode(trees, modes, membersOf(node, modes));
  return trees.missing ? findWithMissing(trees) : findPlain(trees);
}

/** "<=" everywhere, and NaN goes right, as the comparison says by itself. */
function findPlain({ splits, links }: PackedTrees): Find {
  return (x, first, size, columns, root, leaves) => {
    for (let row = 0; row < size; row++) {
      const base = (first + row) * columns;
      let at = root;
      let column = links[4 * at + 2]!;
      while (column >= 0) {
        at = links[4 * at + 3]! + (x[base + column]! <= splits[2 * at]! ? 0 : 1);
        column = links[4 * at + 2]!;
      }
      leaves[row] = at;
    }
  };
}

function findWithMissing({ splits, links }: PackedTrees): Find {
  return (x, first, size, columns, root, leaves) => {
    for (let row = 0; row < size; row++) {
      const base = (first + row) * columns;
      let at = root;
      let column = links[4 * at + 2]!;
      while (column >= 0) {
        const value = x[base + (column & ~missingBit)]!;
        const left = value <= splits[2 * at]! || (Number.isNaN(value) && (column & missingBit) !== 0);
        at = links[4 * at + 3]! + (left ? 0 : 1);
        column = links[4 * at + 2]!;
      }
      leaves[row] = at;
    }
  };
}

function findByMode(
  trees: PackedTrees,
  modes: ArrayLike<number>,
  members: ReadonlyMap<number, ReadonlySet<number>>,
): Find {
  const { splits, links, origins } = trees;
  const holds = (at: number, value: number): boolean => {
    const split = splits[2 * at]!;
    switch (modes[origins[at]!]) {
      case 0:
        return value <= split;
      case 1:
        return value < split;
      case 2:
        return value >= split;
      case 3:
        return value > split;
      case 4:
        return value === split;
      case 5:
        return value !== split;
      default:
        return members.get(origins[at]!)!.has(value);
    }
  };
  return (x, first, size, columns, root, leaves) => {
    for (let row = 0; row < size; row++) {
      const base = (first + row) * columns;
      let at = root;
      let column = links[4 * at + 2]!;
      while (column >= 0) {
        const value = x[base + (column & ~missingBit)]!;
        const left = (Number.isNaN(value) && (column & missingBit) !== 0) || holds(at, value);
        at = links[4 * at + 3]! + (left ? 0 : 1);
        column = links[4 * at + 2]!;
      }
      leaves[row] = at;
    }
  };
}

/** The sets of nodes with mode 6, one after the other in the order of the nodes, each ended by NaN. */
function membersOf(node: NodeReader, modes: ArrayLike<number>): ReadonlyMap<number, ReadonlySet<number>> {
  const values = (node.tensor("membership_values")?.data ?? []) as ArrayLike<number>;
  const sets = new Map<number, ReadonlySet<number>>();
  let at = 0;
  for (let index = 0; index < modes.length; index++) {
    const mode = modes[index]!;
    if (mode > 6) throw node.fault(`has the unknown mode ${mode}`);
    if (mode !== 6) continue;
    const set = new Set<number>();
    for (; at < values.length && !Number.isNaN(values[at]!); at++) set.add(values[at]!);
    at++;
    sets.set(index, set);
  }
  return sets;
}

/** Adds one tree's leaves to the output. */
type Add = (
  trees: PackedTrees,
  leaves: Int32Array,
  size: number,
  data: Numbers,
  base: number,
  targets: number,
  first: boolean,
) => void;

const sum: Add = ({ splits, links }, leaves, size, data, base, targets) => {
  for (let row = 0; row < size; row++) {
    const leaf = leaves[row]!;
    data[base + row * targets - 1 - links[4 * leaf + 2]!]! += splits[2 * leaf]!;
  }
};

/** What no tree has voted for is told by NaN until the end of the first vote. */
const extreme =
  (better: (a: number, b: number) => boolean): Add =>
  ({ splits, links }, leaves, size, data, base, targets, first) => {
    for (let row = 0; row < size; row++) {
      const leaf = leaves[row]!;
      const at = base + row * targets - 1 - links[4 * leaf + 2]!;
      if (first || better(splits[2 * leaf]!, data[at]!)) data[at] = splits[2 * leaf]!;
    }
  };

/** By aggregate_function: AVERAGE, SUM, MIN, MAX. */
const adders: readonly Add[] = [sum, sum, extreme((a, b) => a < b), extreme((a, b) => a > b)];

export const treeEnsembles: KernelTable = { "ai.onnx.ml.TreeEnsemble": treeEnsemble };
