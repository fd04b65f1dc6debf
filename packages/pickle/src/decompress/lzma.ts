import { malformed } from "../errors.js";
import { Bytes } from "./bytes.js";
import type { Output } from "./output.js";
import { probabilities, RangeDecoder } from "./range-decoder.js";

/** lc, lp and pb, as one byte has them. Throws `malformed` for a byte that has none. */
export function lzmaProperties(byte: number): { lc: number; lp: number; pb: number } {
  if (byte >= 9 * 5 * 5) throw malformed("The LZMA stream has properties that are none");
  return { lc: byte % 9, lp: Math.floor(byte / 9) % 5, pb: Math.floor(byte / 45) };
}

/**
 * An .lzma file: properties, size of the dictionary, length (or none, then an end marker), stream; gives the bytes of
 * input it took. Format: https://github.com/jljusten/LZMA-SDK/blob/master/DOC/lzma-specification.txt
 */
export function decompressLzma(input: Uint8Array, output: Output): number {
  const bytes = new Bytes(input, "LZMA");
  const properties = lzmaProperties(bytes.byte());
  const dictionary = bytes.uint32();
  const low = bytes.uint32();
  const high = bytes.uint32();
  const size = low === 0xffff_ffff && high === 0xffff_ffff ? undefined : low + high * 2 ** 32;
  const coder = new RangeDecoder(input);
  coder.start(bytes.at, input.length);
  const decoder = new LzmaDecoder(coder, output);
  decoder.reset(properties);
  decoder.resetDictionary(Math.max(dictionary, 4096));
  const marked = decoder.run(size);
  // A stream of known length may have an end marker as well.
  if (size !== undefined && !marked && !coder.finished) decoder.endMarker();
  return coder.at;
}

class LengthDecoder {
  readonly #choice = probabilities(2);
  readonly #low = probabilities(16 * 8);
  readonly #middle = probabilities(16 * 8);
  readonly #high = probabilities(256);

  decode(coder: RangeDecoder, position: number): number {
    if (coder.bit(this.#choice, 0) === 0) return coder.tree(this.#low, 3, position * 8);
    if (coder.bit(this.#choice, 1) === 0) return 8 + coder.tree(this.#middle, 3, position * 8);
    return 16 + coder.tree(this.#high, 8);
  }
}

/** What LZMA and LZMA2 share: literals and matches from the range decoder into the output. */
export class LzmaDecoder {
  #lc = 0;
  #literalMask = 0;
  #positionMask = 0;
  #literals = probabilities(0);
  #isMatch = probabilities(0);
  #isRep = probabilities(0);
  #isRep0 = probabilities(0);
  #isRep1 = probabilities(0);
  #isRep2 = probabilities(0);
  #isRep0Long = probabilities(0);
  #slots = probabilities(0);
  #special = probabilities(0);
  #align = probabilities(0);
  #lengths = new LengthDecoder();
  #repLengths = new LengthDecoder();
  #state = 0;
  #reps: [number, number, number, number] = [0, 0, 0, 0];
  #dictionary = 0;
  /** Where in the output the dictionary begins. */
  #start = 0;

  constructor(
    private readonly coder: RangeDecoder,
    private readonly output: Output,
  ) {}

  /** Forgets all statistics. */
  reset({ lc, lp, pb }: { lc: number; lp: number; pb: number }): void {
    this.#lc = lc;
    this.#literalMask = (1 << lp) - 1;
    this.#positionMask = (1 << pb) - 1;
    this.#literals = probabilities(0x300 << (lc + lp));
    this.#isMatch = probabilities(12 * 16);
    this.#isRep = probabilities(12);
    this.#isRep0 = probabilities(12);
    this.#isRep1 = probabilities(12);
    this.#isRep2 = probabilities(12);
    this.#isRep0Long = probabilities(12 * 16);
    this.#slots = probabilities(4 * 64);
    this.#special = probabilities(128);
    this.#align = probabilities(16);
    this.#lengths = new LengthDecoder();
    this.#repLengths = new LengthDecoder();
    this.#state = 0;
    this.#reps = [0, 0, 0, 0];
  }

  /** Forgets all that was written before. */
  resetDictionary(size: number): void {
    this.#dictionary = size;
    this.#start = this.output.length;
  }

  /** Writes `size` bytes, or up to the end marker, which it says it met. */
  run(size: number | undefined): boolean {
    const { output, coder } = this;
    const end = size === undefined ? Infinity : output.length + size;
    while (output.length < end) {
      const position = (output.length - this.#start) & this.#positionMask;
      if (coder.bit(this.#isMatch, this.#state * 16 + position) === 0) {
        this.#literal();
        continue;
      }
      const length = this.#match(position);
      if (length === undefined) {
        if (size !== undefined) throw malformed("The LZMA stream ends before the length it announces");
        return true;
      }
      const distance = this.#reps[0] + 1;
      if (distance > output.length - this.#start || distance > this.#dictionary)
        throw malformed("The LZMA stream refers to bytes that it does not have");
      if (output.length + length > end) throw malformed("The LZMA stream is longer than it announces");
      output.repeat(distance, length);
    }
    return false;
  }

  /** Reads the end marker where nothing else may be. */
  endMarker(): void {
    const position = (this.output.length - this.#start) & this.#positionMask;
    if (this.coder.bit(this.#isMatch, this.#state * 16 + position) === 1 && this.#match(position) === undefined) return;
    throw malformed("The LZMA stream is longer than it announces");
  }

  #literal(): void {
    const { output, coder } = this;
    const written = output.length - this.#start;
    output.reserve(1);
    const { bytes } = output;
    const previous = written === 0 ? 0 : (bytes[output.length - 1] as number);
    const context = ((written & this.#literalMask) << this.#lc) + (previous >>> (8 - this.#lc));
    const offset = 0x300 * context;
    let symbol = 1;
    if (this.#state >= 7) {
      const distance = this.#reps[0] + 1;
      if (distance > written) throw malformed("The LZMA stream refers to bytes that it does not have");
      let match = bytes[output.length - distance] as number;
      while (symbol < 0x100) {
        const matchBit = (match >>> 7) & 1;
        match <<= 1;
        const bit = coder.bit(this.#literals, offset + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | bit;
        if (matchBit !== bit) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | coder.bit(this.#literals, offset + symbol);
    bytes[output.length++] = symbol;
    this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
  }

  /** The length of a match, whose distance is in `#reps[0]`; undefined for the end marker. */
  #match(position: number): number | undefined {
    const { coder } = this;
    const state = this.#state;
    const reps = this.#reps;
    if (coder.bit(this.#isRep, state) === 0) {
      const length = this.#lengths.decode(coder, position);
      this.#state = state < 7 ? 7 : 10;
      const distance = this.#distance(length);
      this.#reps = [distance, reps[0], reps[1], reps[2]];
      return distance === 0xffff_ffff ? undefined : length + 2;
    }
    if (coder.bit(this.#isRep0, state) === 0) {
      if (coder.bit(this.#isRep0Long, state * 16 + position) === 0) {
        this.#state = state < 7 ? 9 : 11;
        return 1;
      }
    } else if (coder.bit(this.#isRep1, state) === 0) {
      this.#reps = [reps[1], reps[0], reps[2], reps[3]];
    } else if (coder.bit(this.#isRep2, state) === 0) {
      this.#reps = [reps[2], reps[0], reps[1], reps[3]];
    } else {
      this.#reps = [reps[3], reps[0], reps[1], reps[2]];
    }
    this.#state = state < 7 ? 8 : 11;
    return this.#repLengths.decode(coder, position) + 2;
  }

  #distance(length: number): number {
    const { coder } = this;
    const slot = coder.tree(this.#slots, 6, Math.min(length, 3) * 64);
    if (slot < 4) return slot;
    const extra = (slot >> 1) - 1;
    const base = (2 | (slot & 1)) * 2 ** extra;
    if (slot < 14) return base + coder.reverseTree(this.#special, extra, base - slot);
    return base + coder.direct(extra - 4) * 16 + coder.reverseTree(this.#align, 4);
  }
}
