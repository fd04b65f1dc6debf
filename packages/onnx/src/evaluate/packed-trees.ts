import { ModelkeepError } from "@modelkeep/core";

/** Trees as the attributes of TreeEnsemble give them: inner nodes and leaves numbered apart. */
export interface TreeLists {
  readonly roots: ArrayLike<number>;
  readonly features: ArrayLike<number>;
  readonly splits: ArrayLike<number>;
  readonly modes: ArrayLike<number>;
  /** Where 1, NaN counts as "true". */
  readonly missing: ArrayLike<number> | undefined;
  readonly trueNodes: ArrayLike<number>;
  readonly trueLeaves: ArrayLike<number>;
  readonly falseNodes: ArrayLike<number>;
  readonly falseLeaves: ArrayLike<number>;
  readonly leafTargets: ArrayLike<number>;
  readonly leafWeights: ArrayLike<number>;
}

/** Marks a node in which NaN counts as "true". */
export const missingBit = 1 << 30;

/**
 * Trees in 16 bytes per node: a double to compare with, the column, and the first of two children that lie side by side,
 * "false" before "true". A leaf compares column 0 with NaN, which is always false, and is its own first child: a walk
 * that has arrived stays where it is, so that several can go on together. Each tree lies level by level.
 */
export interface PackedTrees {
  /** Two per node, the second of which are two of `links`. */
  readonly splits: Float64Array;
  /** Four per node, over the same bytes: [2] column, with `missingBit`, [3] first child. */
  readonly links: Int32Array;
  readonly roots: Int32Array;
  /** Per node: its index in the lists, of inner nodes and leaves each. */
  readonly origins: Int32Array;
  /** Per node, where it is a leaf. */
  readonly weights: Float64Array;
  readonly targets: Int32Array;
  /** How many columns the trees look at. */
  readonly columns: number;
  /** Whether any node has `missingBit`. */
  readonly missing: boolean;
}

export function packTrees(lists: TreeLists, targets: number): PackedTrees {
  const packing = new Packing(lists, targets);
  for (let tree = 0; tree < lists.roots.length; tree++) packing.addTree(lists.roots[tree]!);
  return packing;
}

class Packing implements PackedTrees {
  readonly splits: Float64Array;
  readonly links: Int32Array;
  readonly roots: Int32Array;
  readonly origins: Int32Array;
  readonly weights: Float64Array;
  readonly targets: Int32Array;
  columns = 1;
  missing = false;
  readonly #lists: TreeLists;
  readonly #targetCount: number;
  readonly #seen: Uint8Array;
  #trees = 0;
  #next = 0;

  constructor(lists: TreeLists, targetCount: number) {
    const inner = lists.features.length;
    // Every inner node has two children and each is reached once: there is no more than this.
    const capacity = 2 * inner + lists.roots.length;
    const bytes = new ArrayBuffer(capacity * 16);
    this.splits = new Float64Array(bytes);
    this.links = new Int32Array(bytes);
    this.roots = new Int32Array(lists.roots.length);
    this.origins = new Int32Array(capacity);
    this.weights = new Float64Array(capacity);
    this.targets = new Int32Array(capacity);
    this.#lists = lists;
    this.#targetCount = targetCount;
    this.#seen = new Uint8Array(inner);
  }

  addTree(root: number): void {
    const { trueNodes, trueLeaves, falseNodes, falseLeaves } = this.#lists;
    const first = this.#next;
    this.roots[this.#trees++] = first;
    this.#place(root, false);
    // What has been placed and not yet looked at is the queue of this walk through the levels.
    for (let at = first; at < this.#next; at++) {
      if (this.links[4 * at + 3] === at) continue;
      const node = this.origins[at]!;
      this.#compare(at, node);
      this.#place(falseNodes[node]!, falseLeaves[node] !== 0);
      this.#place(trueNodes[node]!, trueLeaves[node] !== 0);
    }
  }

  #place(index: number, leaf: boolean): void {
    const at = this.#next++;
    this.origins[at] = index;
    if (leaf) {
      checkIndex(index, this.#lists.leafTargets.length, "the leaves of TreeEnsemble");
      const target = this.#lists.leafTargets[index]!;
      checkIndex(target, this.#targetCount, "leaf_targetids");
      this.weights[at] = this.#lists.leafWeights[index]!;
      this.targets[at] = target;
      this.splits[2 * at] = Number.NaN;
      this.links[4 * at + 3] = at;
    } else {
      checkIndex(index, this.#seen.length, "the nodes of TreeEnsemble");
      if (this.#seen[index] === 1)
        throw new ModelkeepError("malformed", `TreeEnsemble reaches the node ${index} by two ways`);
      this.#seen[index] = 1;
      // No leaf yet, and not its own child.
      this.links[4 * at + 3] = -1;
    }
  }

  #compare(at: number, node: number): void {
    const { features, splits, missing } = this.#lists;
    const feature = features[node]!;
    if (!(feature >= 0 && feature < missingBit))
      throw new ModelkeepError("malformed", `TreeEnsemble compares the column ${feature}`);
    this.columns = Math.max(this.columns, feature + 1);
    const tracks = missing !== undefined && missing[node] !== 0;
    this.missing ||= tracks;
    this.splits[2 * at] = splits[node]!;
    this.links[4 * at + 2] = tracks ? feature | missingBit : feature;
    this.links[4 * at + 3] = this.#next;
  }
}

function checkIndex(index: number, size: number, what: string): void {
  if (!(Number.isInteger(index) && index >= 0 && index < size))
    throw new ModelkeepError("malformed", `${what}: ${index} is not among ${size}`);
}
