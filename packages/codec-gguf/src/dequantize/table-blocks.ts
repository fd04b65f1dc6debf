import type { BlockReader } from "./block-reader.js";
import { halves } from "./half.js";

// Four bits that say which of sixteen values an element has.

const nonLinear = Int8Array.of(-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);
/** Twice the values of E2M1, a float of four bits. */
const e2m1 = Int8Array.of(0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

export const iq4_NL: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  for (let index = 0; index < 16; index++) {
    const byte = blocks[at + 2 + index]!;
    out[to + index] = scale * nonLinear[byte & 15]!;
    out[to + 16 + index] = scale * nonLinear[byte >> 4]!;
  }
};

/** 256 elements in 8 parts with a signed scale of six bits. */
export const iq4_XS: BlockReader = (blocks, at, out, to) => {
  const scale = halves()[blocks[at]! | (blocks[at + 1]! << 8)]!;
  const high = blocks[at + 2]! | (blocks[at + 3]! << 8);
  for (let part = 0; part < 8; part++) {
    const low = (blocks[at + 4 + (part >> 1)]! >> (4 * (part & 1))) & 15;
    const own = scale * ((low | (((high >> (2 * part)) & 3) << 4)) - 32);
    for (let index = 0; index < 16; index++) {
      const byte = blocks[at + 8 + 16 * part + index]!;
      out[to + 32 * part + index] = own * nonLinear[byte & 15]!;
      out[to + 32 * part + 16 + index] = own * nonLinear[byte >> 4]!;
    }
  }
};

/** OCP Microscaling Formats 1.0: a power of two for 32 elements. */
export const mxfp4: BlockReader = (blocks, at, out, to) => {
  const scale = 2 ** (blocks[at]! - 128);
  for (let index = 0; index < 16; index++) {
    const byte = blocks[at + 1 + index]!;
    out[to + index] = scale * e2m1[byte & 15]!;
    out[to + 16 + index] = scale * e2m1[byte >> 4]!;
  }
};
