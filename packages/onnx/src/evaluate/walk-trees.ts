import { missingBit, type PackedTrees } from "./packed-trees.js";

export type Rows = Float64Array | Float32Array;

/**
 * Where walks end. Four go side by side, so that the processor has something to do while one waits for its next node;
 * the comparison is turned into a number rather than a jump, which it could not predict.
 */
export interface Walker {
  /** `size` rows from the row `first`, of `columns` elements each, through one tree. `leaves` has room for three more. */
  rows(x: Rows, first: number, size: number, columns: number, root: number, leaves: Int32Array): void;
  /** The row that begins at `base` through every tree. `leaves` has room for three more. */
  trees(x: Rows, base: number, leaves: Int32Array): void;
}

/** From one node to the next, or to itself in a leaf. */
type Step = (x: Rows, base: number, at: number) => number;

/** "<=" in every node. */
export function plainWalker({ splits, links, roots }: PackedTrees): Walker {
  return sideBySide(
    roots,
    (x, base, at) => (links[4 * at + 3]! + Number(x[base + links[4 * at + 2]!]! <= splits[2 * at]!)) | 0,
  );
}

/** "<=" in every node, with nodes in which NaN counts as "true". */
export function missingWalker({ splits, links, roots }: PackedTrees): Walker {
  return sideBySide(roots, (x, base, at) => {
    const column = links[4 * at + 2]!;
    const value = x[base + (column & ~missingBit)]!;
    const tracked = Number(Number.isNaN(value)) & (column >>> 30);
    return (links[4 * at + 3]! + (Number(value <= splits[2 * at]!) | tracked)) | 0;
  });
}

function sideBySide(roots: Int32Array, step: Step): Walker {
  return {
    rows(x, first, size, columns, root, leaves) {
      const end = first + size - 1;
      for (let row = 0; row < size; row += 4) {
        const base0 = (first + row) * columns;
        const base1 = Math.min(first + row + 1, end) * columns;
        const base2 = Math.min(first + row + 2, end) * columns;
        const base3 = Math.min(first + row + 3, end) * columns;
        let [at0, at1, at2, at3] = [root, root, root, root];
        for (;;) {
          const next0 = step(x, base0, at0);
          const next1 = step(x, base1, at1);
          const next2 = step(x, base2, at2);
          const next3 = step(x, base3, at3);
          if (((next0 ^ at0) | (next1 ^ at1) | (next2 ^ at2) | (next3 ^ at3)) === 0) break;
          [at0, at1, at2, at3] = [next0, next1, next2, next3];
        }
        leaves[row] = at0;
        leaves[row + 1] = at1;
        leaves[row + 2] = at2;
        leaves[row + 3] = at3;
      }
    },
    trees(x, base, leaves) {
      const last = roots.length - 1;
      for (let tree = 0; tree <= last; tree += 4) {
        let at0 = roots[tree]!;
        let at1 = roots[Math.min(tree + 1, last)]!;
        let at2 = roots[Math.min(tree + 2, last)]!;
        let at3 = roots[Math.min(tree + 3, last)]!;
        for (;;) {
          const next0 = step(x, base, at0);
          const next1 = step(x, base, at1);
          const next2 = step(x, base, at2);
          const next3 = step(x, base, at3);
          if (((next0 ^ at0) | (next1 ^ at1) | (next2 ^ at2) | (next3 ^ at3)) === 0) break;
          [at0, at1, at2, at3] = [next0, next1, next2, next3];
        }
        leaves[tree] = at0;
        leaves[tree + 1] = at1;
        leaves[tree + 2] = at2;
        leaves[tree + 3] = at3;
      }
    },
  };
}

/** Whether the comparison of an inner node holds for a value that is not missing. */
export type Holds = (value: number, split: number, node: number) => boolean;

/** Any comparison, one walk at a time. */
export function generalWalker({ splits, links, roots, origins }: PackedTrees, holds: Holds): Walker {
  const walk = (x: Rows, base: number, root: number): number => {
    let at = root;
    for (let first = links[4 * at + 3]!; first !== at; first = links[4 * at + 3]!) {
      const column = links[4 * at + 2]!;
      const value = x[base + (column & ~missingBit)]!;
      const tracked = Number.isNaN(value) && (column & missingBit) !== 0;
      at = first + (tracked || holds(value, splits[2 * at]!, origins[at]!) ? 1 : 0);
    }
    return at;
  };
  return {
    rows(x, first, size, columns, root, leaves) {
      for (let row = 0; row < size; row++) leaves[row] = walk(x, (first + row) * columns, root);
    },
    trees(x, base, leaves) {
      for (let tree = 0; tree < roots.length; tree++) leaves[tree] = walk(x, base, roots[tree]!);
    },
  };
}
