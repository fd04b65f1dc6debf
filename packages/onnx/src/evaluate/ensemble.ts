import { ModelkeepError } from "@modelkeep/core";

import type { NodeReader } from "./kernel.js";
import { type PackedTrees, packTrees } from "./packed-trees.js";
import { type Numbers, numbers, type Value } from "./value.js";
import { generalWalker, missingWalker, plainWalker, type Rows, type Walker } from "./walk-trees.js";

/** Rows that go through one tree after another together, so that a tree's nodes stay in the cache. */
const block = 256;
/** Below this many rows, each goes through all trees by itself. */
export const fewRows = 4;

/** A TreeEnsemble node (ai.onnx.ml 5), ready to be walked. */
export class Ensemble {
  readonly trees: PackedTrees;
  readonly targets: number;
  /** AVERAGE 0, SUM 1, MIN 2, MAX 3. */
  readonly aggregate: number;
  /** Whether every node asks for "<=". */
  readonly plain: boolean;
  readonly #walker: Walker;
  readonly #leaves: Int32Array;

  constructor(node: NodeReader) {
    this.targets = node.int("n_targets", 0);
    this.aggregate = node.int("aggregate_function", 1);
    if (node.int("post_transform", 0) !== 0) throw node.unsupported("has a post_transform");
    if (!(this.targets > 0 && this.targets < 2 ** 24)) throw node.fault(`has ${this.targets} targets`);
    const modes = required(node, "nodes_modes");
    const ints = (name: string) => node.ints(name) ?? [];
    this.trees = packTrees(
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
      this.targets,
    );
    this.plain = Array.prototype.every.call(modes, (mode) => mode === 0);
    this.#walker = walkerOf(this.trees, modes, this.plain, node);
    this.#leaves = new Int32Array(Math.max(block, this.trees.roots.length) + 3);
  }

  /** `signature_mismatch` for what is no matrix, or has too few columns. */
  checkShape({ shape }: Value): void {
    if (shape.length === 2 && shape[1]! >= this.trees.columns) return;
    throw new ModelkeepError(
      "signature_mismatch",
      `TreeEnsemble needs ${this.trees.columns} columns, not the shape [${shape.join(", ")}]`,
    );
  }

  /**
   * Tells `visit` where each row ends in each tree, for one row always in the order of the trees: `count` leaves, the
   * first of the row `row`, each of the row `step` (0 or 1) further.
   */
  walk(x: Value, visit: (leaves: Int32Array, count: number, row: number, step: number) => void): void {
    this.checkShape(x);
    const data = numbers(x).data as Rows;
    const [rows = 0, columns = 0] = x.shape;
    const { roots } = this.trees;
    if (rows < fewRows) {
      for (let row = 0; row < rows; row++) {
        this.#walker.trees(data, row * columns, this.#leaves);
        visit(this.#leaves, roots.length, row, 0);
      }
      return;
    }
    for (let first = 0; first < rows; first += block) {
      const size = Math.min(block, rows - first);
      for (let tree = 0; tree < roots.length; tree++) {
        this.#walker.rows(data, first, size, columns, roots[tree]!, this.#leaves);
        visit(this.#leaves, size, first, 1);
      }
    }
  }
}

function required(node: NodeReader, name: string): ArrayLike<number> {
  const tensor = node.tensor(name);
  if (tensor === undefined || tensor.dtype === "string") throw node.fault(`has no numbers in ${name}`);
  return tensor.data as Numbers;
}

function walkerOf(trees: PackedTrees, modes: ArrayLike<number>, plain: boolean, node: NodeReader): Walker {
  if (plain) return trees.missing ? missingWalker(trees) : plainWalker(trees);
  const members = membersOf(node, modes);
  return generalWalker(trees, (value, split, at) => {
    switch (modes[at]) {
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
        return members.get(at)!.has(value);
    }
  });
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
