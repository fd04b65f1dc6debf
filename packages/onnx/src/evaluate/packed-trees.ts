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

/** Marks a node in which NaN goes to the first child. */
export const missingBit = 1 << 30;

/**
 * Trees in 16 bytes per node: the split as a double, the column, and the first of two children that lie side by side.
 * In a leaf the double is its weight and the column is -1 - target. Node 0 of each tree comes first, level by level.
 */
export interface PackedTrees {
  /** Two per node; the second half of each node are two of `links`. */
  readonly splits: Float64Array;
  /** Four per node, over the same bytes: [2] column (with `missingBit`) or -1 - target, [3] first child. */
  readonly links: Int32Array;
  readonly roots: Int32Array;
  /** Index in the lists for each packed inner node. */
  readonly origins: Int32Array;
  readonly columns: number;
  readonly missing: boolean;
}

export function packTrees(lists: TreeLists, targets: number): PackedTrees {
  const inner = lists.features.length;
  const trees = lists.roots.length;
  const capacity = 2 * inner + trees;
  const bytes = new ArrayBuffer(capacity * 16);
  const splits = new Float64Array(bytes);
  const links = new Int32Array(bytes);
  const origins = new Int32Array(capacity).fill(-1);
  const roots = new Int32Array(trees);
  const seen = new Uint8Array(inner);
  let columns = 0;
  let missing = false;
  let next = 0;
  for (let tree = 0; tree < trees; tree++) {
    const root = lists.roots[tree]!;
    checkIndex(root, inner, "tree_roots");
    roots[tree] = next;
    origins[next++] = root;
    // What has been laid out and not yet looked at is the queue of this walk through the levels.
    for (let at = roots[tree]!; at < next; at++) {
      const node = origins[at]!;
      if (node < 0) continue;
      if (seen[node] === 1) throw new ModelkeepError("malformed", `TreeEnsemble reaches the node ${node} by two ways`);
      seen[node] = 1;
      const feature = lists.features[node]!;
      if (!(feature >= 0 && feature < missingBit))
        throw new ModelkeepError("malformed", `TreeEnsemble compares the column ${feature}`);
      columns = Math.max(columns, feature + 1);
      const tracks = lists.missing !== undefined && lists.missing[node] !== 0;
      missing ||= tracks;
      splits[2 * at] = lists.splits[node]!;
      links[4 * at + 2] = tracks ? feature | missingBit : feature;
      links[4 * at + 3] = next;
      for (const [child, leaf] of [
        [lists.trueNodes[node]!, lists.trueLeaves[node]!],
        [lists.falseNodes[node]!, lists.falseLeaves[node]!],
      ] as const) {
        if (leaf === 0) {
          checkIndex(child, inner, "the children of TreeEnsemble");
          origins[next] = child;
        } else {
          checkIndex(child, lists.leafTargets.length, "the leaves of TreeEnsemble");
          const target = lists.leafTargets[child]!;
          checkIndex(target, targets, "leaf_targetids");
          splits[2 * next] = lists.leafWeights[child]!;
          links[4 * next + 2] = -1 - target;
        }
        next++;
      }
    }
  }
  return { splits, links, roots, origins, columns, missing };
}

function checkIndex(index: number, size: number, what: string): void {
  if (!(Number.isInteger(index) && index >= 0 && index < size))
    throw new ModelkeepError("malformed", `${what}: ${index} is not among ${size}`);
}
