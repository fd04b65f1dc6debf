import type { BlockReader } from "./block-reader.js";
import { halves } from "./half.js";

/** Four bits each, the first half of a block in the low ones; a scale for 32. */
export const q4_0: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  for (let index = 0; index < 16; index++) {
    const byte = blocks[at + 2 + index]!;
    out[to + index] = scale * ((byte & 15) - 8);
    out[to + 16 + index] = scale * ((byte >> 4) - 8);
  }
};

/** The same, with a least value in place of the middle. */
export const q4_1: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  const least = halves()[blocks[at + 2]! | (blocks[at + 3]! << 8)]!;
  for (let index = 0; index < 16; index++) {
    const byte = blocks[at + 4 + index]!;
    out[to + index] = scale * (byte & 15) + least;
    out[to + 16 + index] = scale * (byte >> 4) + least;
  }
};

/** A fifth bit of each lies apart. */
export const q5_0: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  for (let index = 0; index < 16; index++) {
    const byte = blocks[at + 6 + index]!;
    out[to + index] = scale * (((byte & 15) | (fifth(blocks, at + 2, index) << 4)) - 16);
    out[to + 16 + index] = scale * (((byte >> 4) | (fifth(blocks, at + 2, index + 16) << 4)) - 16);
  }
};

export const q5_1: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  const least = halves()[blocks[at + 2]! | (blocks[at + 3]! << 8)]!;
  for (let index = 0; index < 16; index++) {
    const byte = blocks[at + 8 + index]!;
    out[to + index] = scale * ((byte & 15) | (fifth(blocks, at + 4, index) << 4)) + least;
    out[to + 16 + index] = scale * ((byte >> 4) | (fifth(blocks, at + 4, index + 16) << 4)) + least;
  }
};

export const q8_0: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  for (let index = 0; index < 32; index++) out[to + index] = scale * ((blocks[at + 2 + index]! << 24) >> 24);
};

function fifth(blocks: Uint8Array, at: number, index: number): number {
  return (blocks[at + (index >> 3)]! >> (index & 7)) & 1;
}
