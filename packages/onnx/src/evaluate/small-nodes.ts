import type { PackedTrees } from "./packed-trees.js";

/** Where the number of the first child begins in a link; below it is the column. */
const childBit = 12;
const columnMask = (1 << childBit) - 1;
const mostNodes = 1 << (32 - childBit);
/** A float32 that is no number; its lower bits are free. */
const quietNaN = 0x7fc00000;
const leafMask = 0x003fffff;

/**
 * Trees in 8 bytes per node, a float32 and a link, for one row at a time whose values are float32 and not NaN: nodes and
 * numbering are those of `PackedTrees`, half as large, so that more of them stay in the cache. A leaf keeps a number in
 * the bits of the NaN that it compares with.
 */
export class SmallNodes {
  readonly #splits: Float32Array;
  /** Two per node, over the same bytes: [0] those of the split, [1] the link. */
  readonly #links: Int32Array;
  /** Filled up to a multiple of four. */
  readonly #roots: Int32Array;
  readonly #trees: number;

  private constructor(splits: Float32Array, links: Int32Array, roots: Int32Array, trees: number) {
    this.#splits = splits;
    this.#links = links;
    this.#roots = roots;
    this.#trees = trees;
  }

  /** `numbers` gives each leaf its number by node. `undefined` for trees that are too large, or look at too many columns. */
  static of({ splits, links, roots, columns }: PackedTrees, numbers: Int32Array): SmallNodes | undefined {
    const nodes = numbers.length;
    if (nodes > mostNodes || columns > columnMask + 1) return undefined;
    const small = new Int32Array(2 * nodes);
    const floats = new Float32Array(small.buffer);
    for (let at = 0; at < nodes; at++) {
      const child = links[4 * at + 3]!;
      small[2 * at + 1] = (child << childBit) | (links[4 * at + 2]! & columnMask);
      if (child !== at) floats[2 * at] = floatBelow(splits[2 * at]!);
      else if (numbers[at]! > leafMask) return undefined;
      else small[2 * at] = quietNaN | numbers[at]!;
    }
    const filled = new Int32Array(Math.ceil(roots.length / 4) * 4).fill(roots.at(-1) ?? 0);
    filled.set(roots);
    return new SmallNodes(floats, small, filled, roots.length);
  }

  /**
   * Adds to `sums` the row of `table`, as long as `sums`, that the number of each leaf names in which `x` ends, in the
   * order of the trees.
   */
  addLeaves(x: Float64Array, table: Float64Array, sums: Float64Array): void {
    const [splits, links, roots, trees] = [this.#splits, this.#links, this.#roots, this.#trees];
    // Four side by side, and the comparison as a number: see `Walker`.
    for (let tree = 0; tree < trees; tree += 4) {
      let at0 = roots[tree]!;
      let at1 = roots[tree + 1]!;
      let at2 = roots[tree + 2]!;
      let at3 = roots[tree + 3]!;
      for (;;) {
        const next0 = next(splits, links, x, at0);
        const next1 = next(splits, links, x, at1);
        const next2 = next(splits, links, x, at2);
        const next3 = next(splits, links, x, at3);
        if (((next0 ^ at0) | (next1 ^ at1) | (next2 ^ at2) | (next3 ^ at3)) === 0) break;
        at0 = next0;
        at1 = next1;
        at2 = next2;
        at3 = next3;
      }
      addRow(table, links[2 * at0]! & leafMask, sums);
      if (tree + 1 < trees) addRow(table, links[2 * at1]! & leafMask, sums);
      if (tree + 2 < trees) addRow(table, links[2 * at2]! & leafMask, sums);
      if (tree + 3 < trees) addRow(table, links[2 * at3]! & leafMask, sums);
    }
  }
}

function next(splits: Float32Array, links: Int32Array, x: Float64Array, at: number): number {
  const link = links[2 * at + 1]!;
  return ((link >>> childBit) + Number(x[link & columnMask]! <= splits[2 * at]!)) | 0;
}

function addRow(table: Float64Array, row: number, sums: Float64Array): void {
  const start = row * sums.length;
  for (let column = 0; column < sums.length; column++) sums[column]! += table[start + column]!;
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The greatest float32 that is not above a number: a float32 is not above the one exactly when it is not above the other. */
export function floatBelow(value: number): number {
  float[0] = value;
  const nearest = float[0];
  if (!(nearest > value)) return nearest;
  // Floats of one sign are ordered as their bits are; below both zeros comes the least negative one.
  bits[0] = nearest > 0 ? bits[0]! - 1 : nearest < 0 ? bits[0]! + 1 : -0x7fffffff;
  return float[0];
}
