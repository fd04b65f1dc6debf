import { malformed, truncated } from "../errors.js";
import { bzip2CrcTable } from "./checksums.js";
import { type HuffmanCode, huffmanCode } from "./huffman.js";
import type { Output } from "./output.js";

/**
 * bzip2 streams, one or several; gives the bytes of input it took.
 * Format: https://github.com/dsnet/compress/blob/master/doc/bzip2-format.pdf
 */
export function decompressBzip2(input: Uint8Array, output: Output): number {
  const bits = new BitReader(input);
  do {
    readStream(bits, output);
    bits.align();
  } while (bits.startsStream());
  return bits.used;
}

function readStream(bits: BitReader, output: Output): void {
  if (bits.read(24) !== 0x425a68) throw malformed("A bzip2 stream does not begin as one");
  const level = bits.read(8) - 0x30;
  if (level < 1 || level > 9) throw malformed("A bzip2 stream has a block size that is none");
  const counts = new Uint32Array(level * 100_000);
  let combined = 0;
  for (;;) {
    const high = bits.read(24);
    const low = bits.read(24);
    const expected = bits.read(32);
    if (high === 0x177245 && low === 0x385090) {
      if (expected >>> 0 !== combined >>> 0) throw malformed("A bzip2 stream has a wrong checksum");
      return;
    }
    if (high !== 0x314159 || low !== 0x265359) throw malformed("A block of a bzip2 stream does not begin as one");
    const crc = readBlock(bits, counts, output);
    if (crc !== expected >>> 0) throw malformed("A block of a bzip2 stream has a wrong checksum");
    combined = ((combined << 1) | (combined >>> 31)) ^ crc;
  }
}

/** Reads one block and appends what it holds; gives its CRC. */
function readBlock(bits: BitReader, table: Uint32Array, output: Output): number {
  if (bits.read(1) === 1) throw malformed("The bzip2 block is randomised, which only versions before 1.0 did");
  const origin = bits.read(24);
  const symbols = readSymbols(bits);
  const codes = readCodes(bits, symbols.length + 2);
  const length = readMoves(bits, table, symbols, codes.selectors, codes.codes);
  if (origin >= length) throw malformed("A bzip2 block begins outside of itself");
  return writeBlock(table, length, origin, output);
}

/** Which bytes occur, in order. */
function readSymbols(bits: BitReader): Uint8Array {
  const groups = bits.read(16);
  const symbols: number[] = [];
  for (let group = 0; group < 16; group++) {
    if (!((groups >> (15 - group)) & 1)) continue;
    const used = bits.read(16);
    for (let bit = 0; bit < 16; bit++) if ((used >> (15 - bit)) & 1) symbols.push(group * 16 + bit);
  }
  if (symbols.length === 0) throw malformed("A bzip2 block uses no bytes");
  return Uint8Array.from(symbols);
}

function readCodes(bits: BitReader, size: number): { codes: HuffmanCode[]; selectors: Uint8Array } {
  const count = bits.read(3);
  const selectorCount = bits.read(15);
  if (count < 2 || count > 6 || selectorCount === 0) throw malformed("A bzip2 block has no codes");
  const order = [0, 1, 2, 3, 4, 5].slice(0, count);
  const selectors = new Uint8Array(selectorCount);
  for (let index = 0; index < selectorCount; index++) {
    let position = 0;
    while (bits.read(1) === 1) if (++position >= count) throw malformed("A bzip2 block selects a code that it lacks");
    const [chosen] = order.splice(position, 1) as [number];
    order.unshift(chosen);
    selectors[index] = chosen;
  }
  const codes = Array.from({ length: count }, () => {
    const lengths = new Uint8Array(size);
    let length = bits.read(5);
    for (let symbol = 0; symbol < size; symbol++) {
      while (bits.read(1) === 1) {
        length += bits.read(1) === 1 ? -1 : 1;
        if (length < 1 || length > 20) throw malformed("A code of a bzip2 block is too long");
      }
      if (length < 1 || length > 20) throw malformed("A code of a bzip2 block is too long");
      lengths[symbol] = length;
    }
    return huffmanCode(lengths);
  });
  return { codes, selectors };
}

/** Undoes Huffman coding, run lengths and move-to-front: bytes of the transform, in the low eight bits of the table. */
function readMoves(
  bits: BitReader,
  table: Uint32Array,
  symbols: Uint8Array,
  selectors: Uint8Array,
  codes: readonly HuffmanCode[],
): number {
  const end = symbols.length + 1;
  const recent = symbols.slice();
  let length = 0;
  let group = 0;
  let left = 0;
  let code = codes[0] as HuffmanCode;
  let run = 0;
  let weight = 1;
  for (;;) {
    if (left-- === 0) {
      const selected = codes[selectors[group++] ?? 255];
      if (selected === undefined) throw malformed("A bzip2 block has more symbols than it has codes for");
      code = selected;
      left = 49;
    }
    const symbol = bits.symbol(code);
    if (symbol <= 1) {
      run += weight << symbol;
      weight <<= 1;
      if (run > table.length) throw malformed("A bzip2 block is longer than its stream allows");
      continue;
    }
    if (run > 0) {
      if (length + run > table.length) throw malformed("A bzip2 block is longer than its stream allows");
      table.fill(recent[0] as number, length, (length += run));
      run = 0;
      weight = 1;
    }
    if (symbol === end) return length;
    const moved = recent[symbol - 1] as number;
    recent.copyWithin(1, 0, symbol - 1);
    recent[0] = moved;
    if (length >= table.length) throw malformed("A bzip2 block is longer than its stream allows");
    table[length++] = moved;
  }
}

/** Undoes the Burrows-Wheeler transform and the first run lengths; gives the CRC of what is written. */
function writeBlock(table: Uint32Array, length: number, origin: number, output: Output): number {
  const starts = new Uint32Array(256);
  for (let index = 0; index < length; index++) starts[(table[index] as number) & 0xff]!++;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = starts[byte] as number;
    starts[byte] = sum;
    sum += count;
  }
  for (let index = 0; index < length; index++) {
    const byte = (table[index] as number) & 0xff;
    const place = starts[byte] as number;
    starts[byte] = place + 1;
    table[place] = (table[place] as number) | (index << 8);
  }
  let crc = -1;
  let previous = -1;
  let repeats = 0;
  let entry = table[origin] as number;
  let { bytes, length: at } = output;
  for (let index = 0; index < length; index++) {
    entry = table[entry >>> 8] as number;
    const byte = entry & 0xff;
    let count = 1;
    if (repeats === 4) {
      // After four equal bytes comes how many more there are.
      count = byte;
      repeats = 0;
    } else {
      repeats = byte === previous ? repeats + 1 : 1;
      previous = byte;
    }
    if (at + count > bytes.length) {
      output.length = at;
      output.reserve(count);
      bytes = output.bytes;
    }
    for (const end = at + count; at < end; at++) {
      bytes[at] = previous;
      crc = (crc << 8) ^ (bzip2CrcTable[((crc >>> 24) ^ previous) & 0xff] as number);
    }
    if (repeats === 0) previous = -1;
  }
  output.length = at;
  return ~crc >>> 0;
}

/** Reads bits, the highest of each byte first. */
class BitReader {
  #at = 0;
  #bits = 0;
  #count = 0;

  constructor(private readonly bytes: Uint8Array) {}

  get used(): number {
    return this.#at - (this.#count >> 3);
  }

  read(count: number): number {
    if (count > 16) {
      const high = this.read(count - 16);
      return high * 65_536 + this.read(16);
    }
    this.#fill(count);
    this.#count -= count;
    return (this.#bits >>> this.#count) & ((1 << count) - 1);
  }

  symbol(code: HuffmanCode): number {
    // Near the end there may be fewer bits than the longest code has: what is missing reads as zero, and is then too much.
    while (this.#count < 20) {
      this.#bits = (this.#bits << 8) | (this.bytes[this.#at++] ?? 0);
      this.#count += 8;
    }
    const peek = (this.#bits >>> (this.#count - 20)) & 0xf_ffff;
    const entry = code(peek);
    this.#count -= entry & 31;
    if (this.used > this.bytes.length) throw truncated("The bzip2 stream ends before its end");
    return entry >>> 5;
  }

  align(): void {
    this.#at = this.used;
    this.#count = 0;
  }

  startsStream(): boolean {
    const [b, z, h] = this.bytes.subarray(this.#at, this.#at + 3);
    return b === 0x42 && z === 0x5a && h === 0x68;
  }

  #fill(count: number): void {
    while (this.#count < count) {
      const byte = this.bytes[this.#at++];
      if (byte === undefined) throw truncated("The bzip2 stream ends before its end");
      this.#bits = (this.#bits << 8) | byte;
      this.#count += 8;
    }
  }
}
