import { malformed } from "../errors.js";

const longest = 20;
const quick = 10;

/** Takes the next 20 bits and gives the symbol, times 32, plus the length of its code. */
export type HuffmanCode = (bits: number) => number;

/** A canonical code from the lengths of its symbols' codes, as bzip2 has it. */
export function huffmanCode(lengths: Uint8Array): HuffmanCode {
  const counts = new Uint32Array(longest + 1);
  for (const length of lengths) counts[length] = (counts[length] as number) + 1;
  // limits[n]: the first code, left-aligned in 20 bits, that is longer than n bits.
  const limits = new Uint32Array(longest + 2);
  const offsets = new Int32Array(longest + 1);
  const sorted = new Uint16Array(lengths.length);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= longest; length++) {
    code <<= 1;
    offsets[length] = place - code;
    for (let symbol = 0; symbol < lengths.length; symbol++) if (lengths[symbol] === length) sorted[place++] = symbol;
    code += counts[length] as number;
    if (code > 1 << length) throw malformed("The codes of a bzip2 block overlap");
    limits[length] = code << (longest - length);
  }
  const slow = (bits: number, from: number): number => {
    for (let length = from; length <= longest; length++) {
      if (bits >= (limits[length] as number)) continue;
      const symbol = sorted[(offsets[length] as number) + (bits >>> (longest - length))] as number;
      return (symbol << 5) | length;
    }
    throw malformed("A bzip2 block holds a code that stands for nothing");
  };
  const table = new Uint16Array(1 << quick);
  for (let index = 0; index < table.length; index++) {
    const bits = index << (longest - quick);
    if (bits < (limits[quick] as number)) table[index] = slow(bits, 1);
  }
  return (bits) => (table[bits >>> (longest - quick)] as number) || slow(bits, quick + 1);
}
