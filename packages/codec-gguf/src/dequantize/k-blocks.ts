import type { BlockReader } from "./block-reader.js";
import { halves } from "./half.js";

// Blocks of 256 elements. In each, bits of elements that are 32 apart lie in one byte, and parts of a block have scales of
// their own, of few bits, which the scale of the whole block multiplies. All products are exact in float32.

const size = 256;

/** Two bits each; 16 parts with a scale and a least value of four bits. */
export const q2_K: BlockReader = (blocks, at, out, to) => {
  const bits = at + 16;
  const scale = half(blocks, at + 80);
  const least = half(blocks, at + 82);
  for (let index = 0; index < size; index++) {
    const part = blocks[at + (index >> 4)]!;
    const value = (blocks[bits + 32 * (index >> 7) + (index & 31)]! >> (2 * ((index >> 5) & 3))) & 3;
    out[to + index] = scale * (part & 15) * value - least * (part >> 4);
  }
};

/** Three bits each, the highest apart; 16 parts with a signed scale of six bits. */
export const q3_K: BlockReader = (blocks, at, out, to) => {
  const bits = at + 32;
  const scales = at + 96;
  const scale = half(blocks, at + 108);
  for (let part = 0; part < 16; part++) {
    const low = (blocks[scales + (part & 7)]! >> (4 * (part >> 3))) & 15;
    const high = (blocks[scales + 8 + (part & 3)]! >> (2 * (part >> 2))) & 3;
    const own = scale * ((low | (high << 4)) - 32);
    for (let index = 16 * part; index < 16 * part + 16; index++) {
      const value = (blocks[bits + 32 * (index >> 7) + (index & 31)]! >> (2 * ((index >> 5) & 3))) & 3;
      const highest = (blocks[at + (index & 31)]! >> (index >> 5)) & 1;
      out[to + index] = own * (value - (highest === 1 ? 0 : 4));
    }
  }
};

/** Four bits each; 8 parts with a scale and a least value of six bits. */
export const q4_K: BlockReader = (blocks, at, out, to) => {
  const bits = at + 16;
  for (let part = 0; part < 8; part++) {
    const scale = half(blocks, at) * partScale(blocks, at + 4, part);
    const least = half(blocks, at + 2) * partLeast(blocks, at + 4, part);
    for (let index = 0; index < 32; index++) {
      const value = (blocks[bits + 32 * (part >> 1) + index]! >> (4 * (part & 1))) & 15;
      out[to + 32 * part + index] = scale * value - least;
    }
  }
};

/** The same with a fifth bit, which lies apart. */
export const q5_K: BlockReader = (blocks, at, out, to) => {
  const fifths = at + 16;
  const bits = at + 48;
  for (let part = 0; part < 8; part++) {
    const scale = half(blocks, at) * partScale(blocks, at + 4, part);
    const least = half(blocks, at + 2) * partLeast(blocks, at + 4, part);
    for (let index = 0; index < 32; index++) {
      const low = (blocks[bits + 32 * (part >> 1) + index]! >> (4 * (part & 1))) & 15;
      const value = low | (((blocks[fifths + index]! >> part) & 1) << 4);
      out[to + 32 * part + index] = scale * value - least;
    }
  }
};

/** Six bits each, two of them apart; 16 parts with a scale of eight bits. */
export const q6_K: BlockReader = (blocks, at, out, to) => {
  const high = at + 128;
  const scales = at + 192;
  const scale = half(blocks, at + 208);
  for (let index = 0; index < size; index++) {
    const own = scale * ((blocks[scales + (index >> 4)]! << 24) >> 24);
    const four = (blocks[at + 64 * (index >> 7) + (index & 63)]! >> (4 * ((index >> 6) & 1))) & 15;
    const two = (blocks[high + 32 * (index >> 7) + (index & 31)]! >> (2 * ((index >> 5) & 3))) & 3;
    out[to + index] = own * ((four | (two << 4)) - 32);
  }
};

function half(blocks: Uint8Array, at: number): number {
  return halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
}

/** Eight scales and eight least values of six bits in twelve bytes: of the later four, the upper two bits lie above the earlier ones. */
function partScale(blocks: Uint8Array, at: number, part: number): number {
  if (part < 4) return blocks[at + part]! & 63;
  return (blocks[at + part + 4]! & 15) | ((blocks[at + part - 4]! >> 2) & 0x30);
}

function partLeast(blocks: Uint8Array, at: number, part: number): number {
  if (part < 4) return blocks[at + part + 4]! & 63;
  return (blocks[at + part + 4]! >> 4) | ((blocks[at + part]! >> 2) & 0x30);
}
