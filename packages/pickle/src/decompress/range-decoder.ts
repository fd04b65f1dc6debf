import { malformed, truncated } from "../errors.js";

const probabilityBits = 11;
const moveBits = 5;
const initial = 1 << (probabilityBits - 1);

/** Probabilities of one context tree, all even at the start. */
export function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(initial);
}

/** The binary range decoder of LZMA. */
export class RangeDecoder {
  at = 0;
  #end = 0;
  #range = 0;
  #code = 0;

  constructor(private readonly bytes: Uint8Array) {}

  /** Begins at `at`; nothing from `end` on is read. */
  start(at: number, end: number): void {
    if (end - at < 5 || end > this.bytes.length) throw truncated("The LZMA stream ends before its end");
    if (this.bytes[at] !== 0) throw malformed("The LZMA stream does not begin as one");
    this.#range = 0xffff_ffff;
    this.#code = 0;
    for (let index = 1; index < 5; index++) this.#code = ((this.#code << 8) | (this.bytes[at + index] as number)) >>> 0;
    this.at = at + 5;
    this.#end = end;
  }

  /** Nothing is left over: how every stream ends. */
  get finished(): boolean {
    return this.#code === 0;
  }

  bit(probs: Uint16Array, index: number): 0 | 1 {
    const probability = probs[index] as number;
    const bound = (this.#range >>> probabilityBits) * probability;
    if (this.#code < bound) {
      this.#range = bound;
      probs[index] = probability + (((1 << probabilityBits) - probability) >>> moveBits);
      if (bound < 0x100_0000) this.#normalize();
      return 0;
    }
    this.#range -= bound;
    this.#code -= bound;
    probs[index] = probability - (probability >>> moveBits);
    if (this.#range < 0x100_0000) this.#normalize();
    return 1;
  }

  /** `count` bits, the highest first, each in the context of those before. */
  tree(probs: Uint16Array, count: number, offset = 0): number {
    let symbol = 1;
    for (let index = 0; index < count; index++) symbol = (symbol << 1) | this.bit(probs, offset + symbol);
    return symbol - (1 << count);
  }

  /** The same, the lowest bit first. */
  reverseTree(probs: Uint16Array, count: number, offset = 0): number {
    let node = 1;
    let symbol = 0;
    for (let index = 0; index < count; index++) {
      const bit = this.bit(probs, offset + node);
      node = (node << 1) | bit;
      symbol |= bit << index;
    }
    return symbol;
  }

  /** Bits that are all as likely. */
  direct(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index++) {
      this.#range >>>= 1;
      const bit = this.#code >= this.#range ? 1 : 0;
      if (bit === 1) this.#code -= this.#range;
      value = value * 2 + bit;
      if (this.#range < 0x100_0000) this.#normalize();
    }
    return value;
  }

  #normalize(): void {
    if (this.at >= this.#end) throw truncated("The LZMA stream ends before its end");
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | (this.bytes[this.at++] as number)) >>> 0;
  }
}
