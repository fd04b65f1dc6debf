import { ModelkeepError, Tensor } from "@modelkeep/core";

import { type Attributes, int, ints } from "./attribute.js";

/** One tree as arrays over its nodes; node 0 is the root. */
export interface Tree {
  /** Column of the input that the node compares. */
  readonly feature: ArrayLike<number>;
  readonly threshold: ArrayLike<number>;
  /** The node to go to when the comparison holds; negative: this node is a leaf. */
  readonly left: ArrayLike<number>;
  readonly right: ArrayLike<number>;
  /** Where not 0, NaN goes left. Default: NaN fails the comparison. */
  readonly missingLeft?: ArrayLike<number>;
  /** For nodes that ask whether the value is one of a set, instead of comparing. */
  readonly members?: ReadonlyMap<number, readonly number[]>;
}

/** Trees and what their leaves add, as `GraphBuilder.treeEnsemble` takes them. */
export interface TreeEnsemble {
  readonly trees: readonly Tree[];
  /** Of the input, the thresholds and the output. Default float64. */
  readonly dtype?: "float64" | "float32";
  /** How nodes compare the input with their threshold. Default "<=". */
  readonly mode?: "<=" | "<" | ">=" | ">";
  /** Columns of the output. */
  readonly targets: number;
  /** What a leaf adds, and to which column. Asked once for each leaf, trees and nodes in order. */
  readonly leaf: (tree: number, node: number) => { readonly target: number; readonly weight: number };
  /** Default "sum". */
  readonly aggregate?: "sum" | "average" | "min" | "max";
}

const modes = { "<=": 0, "<": 1, ">=": 2, ">": 3 } as const;
const memberMode = 6;
const aggregates = { average: 0, sum: 1, min: 2, max: 3 } as const;

/** The attributes of ai.onnx.ml TreeEnsemble version 5. Every tree must be one: `invalid_input` for cycles and shared nodes. */
export function treeEnsembleAttributes(ensemble: TreeEnsemble): Attributes {
  const { trees, dtype = "float64", mode = "<=", targets, aggregate = "sum" } = ensemble;
  const plain = modes[mode];
  const columns = new Columns();
  for (let tree = 0; tree < trees.length; tree++) addTree(columns, ensemble, tree, plain);
  const numbers = (list: readonly number[]) =>
    dtype === "float64"
      ? new Tensor("float64", [list.length], Float64Array.from(list))
      : new Tensor("float32", [list.length], Float32Array.from(list));
  return {
    aggregate_function: int(aggregates[aggregate]),
    post_transform: int(0),
    n_targets: int(targets),
    tree_roots: ints(columns.roots),
    nodes_featureids: ints(columns.features),
    nodes_modes: new Tensor("uint8", [columns.modes.length], Uint8Array.from(columns.modes)),
    nodes_splits: numbers(columns.splits),
    nodes_truenodeids: ints(columns.trueNodes),
    nodes_trueleafs: ints(columns.trueLeaves),
    nodes_falsenodeids: ints(columns.falseNodes),
    nodes_falseleafs: ints(columns.falseLeaves),
    nodes_missing_value_tracks_true: columns.missing.some((each) => each !== 0) ? ints(columns.missing) : undefined,
    membership_values: columns.members.length === 0 ? undefined : numbers(columns.members),
    leaf_targetids: ints(columns.leafTargets),
    leaf_weights: numbers(columns.leafWeights),
  };
}

/** The attribute lists while trees are added: inner nodes and leaves are numbered apart, over all trees. */
class Columns {
  readonly roots: number[] = [];
  readonly features: number[] = [];
  readonly modes: number[] = [];
  readonly splits: number[] = [];
  readonly trueNodes: number[] = [];
  readonly trueLeaves: number[] = [];
  readonly falseNodes: number[] = [];
  readonly falseLeaves: number[] = [];
  readonly missing: number[] = [];
  readonly members: number[] = [];
  readonly leafTargets: number[] = [];
  readonly leafWeights: number[] = [];
}

function addTree(columns: Columns, ensemble: TreeEnsemble, index: number, plain: number): void {
  const tree = ensemble.trees[index]!;
  const { feature, threshold, left, right, missingLeft, members } = tree;
  checkTree(tree, index);
  const numbers = new Int32Array(left.length);
  const base = columns.features.length;
  let inner = base;
  for (let node = 0; node < left.length; node++) {
    if (left[node]! >= 0) numbers[node] = inner++;
    else {
      const { target, weight } = ensemble.leaf(index, node);
      if (!Number.isInteger(target) || target < 0 || target >= ensemble.targets)
        throw new ModelkeepError("invalid_input", `Tree ${index}: the leaf ${node} has no target ${target}`);
      numbers[node] = columns.leafTargets.length;
      columns.leafTargets.push(target);
      columns.leafWeights.push(weight);
    }
  }
  columns.roots.push(base);
  if (left[0]! < 0) {
    // The operator has no tree without a comparison: both branches of one lead to the leaf.
    addNode(columns, 0, plain, 0, [numbers[0]!, 1], [numbers[0]!, 1], 0);
    return;
  }
  const target = (node: number): [number, number] => [numbers[node]!, left[node]! < 0 ? 1 : 0];
  for (let node = 0; node < left.length; node++) {
    if (left[node]! < 0) continue;
    const set = members?.get(node);
    const mode = set === undefined ? plain : memberMode;
    addNode(
      columns,
      feature[node]!,
      mode,
      set === undefined ? threshold[node]! : 0,
      target(left[node]!),
      target(right[node]!),
      missingLeft?.[node] ?? 0,
    );
    if (set !== undefined) columns.members.push(...set, Number.NaN);
  }
}

function addNode(
  columns: Columns,
  feature: number,
  mode: number,
  split: number,
  whenTrue: readonly [number, number],
  whenFalse: readonly [number, number],
  missing: number,
): void {
  columns.features.push(feature);
  columns.modes.push(mode);
  columns.splits.push(split);
  columns.trueNodes.push(whenTrue[0]);
  columns.trueLeaves.push(whenTrue[1]);
  columns.falseNodes.push(whenFalse[0]);
  columns.falseLeaves.push(whenFalse[1]);
  columns.missing.push(missing === 0 ? 0 : 1);
}

/** Arrays of one length, children in range, and every node but the root the child of exactly one. */
function checkTree(tree: Tree, index: number): void {
  const count = tree.left.length;
  const fault = (message: string) => new ModelkeepError("invalid_input", `Tree ${index} ${message}`);
  if (count === 0) throw fault("has no node");
  for (const list of [tree.feature, tree.threshold, tree.right, tree.missingLeft])
    if (list !== undefined && list.length !== count) throw fault("has lists of different lengths");
  const parents = new Uint8Array(count);
  for (let node = 0; node < count; node++) {
    if (tree.left[node]! < 0) continue;
    const feature = tree.feature[node]!;
    if (!Number.isInteger(feature) || feature < 0) throw fault(`compares the column ${feature} in node ${node}`);
    for (const child of [tree.left[node]!, tree.right[node]!]) {
      if (!Number.isInteger(child) || child < 1 || child >= count)
        throw fault(`leads from node ${node} to ${child}, which it does not have`);
      if (parents[child] === 1) throw fault(`reaches node ${child} by two ways`);
      parents[child] = 1;
    }
  }
  let reached = 0;
  const open = [0];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    reached++;
    if (tree.left[node]! >= 0) open.push(tree.left[node]!, tree.right[node]!);
  }
  if (reached !== count) throw fault(`has ${count - reached} nodes that its root does not reach`);
}
