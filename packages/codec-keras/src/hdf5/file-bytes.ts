import { malformed, truncated } from "./errors.js";

/** Bytes in memory, of any size. */
export interface Memory {
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly byteLength: number;
}

/** HDF5's "undefined address": nothing was ever written there. */
export const nowhere = -1;

/** Little-endian numbers at places that a file names: each place is checked before it is read. */
export class FileBytes {
  constructor(readonly memory: Memory) {}

  get size(): number {
    return this.memory.byteLength;
  }

  uint8(at: number): number {
    return this.#view(at, 1).getUint8(0);
  }

  uint16(at: number): number {
    return this.#view(at, 2).getUint16(0, true);
  }

  uint32(at: number): number {
    return this.#view(at, 4).getUint32(0, true);
  }

  /** A size or a count. */
  uint64(at: number): number {
    const view = this.#view(at, 8);
    const value = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
    if (!Number.isSafeInteger(value)) throw malformed("has a size or position beyond 2^53", at);
    return value;
  }

  /** A position in the file, or `nowhere`. */
  address(at: number): number {
    const view = this.#view(at, 8);
    if (view.getUint32(0, true) === 0xffff_ffff && view.getUint32(4, true) === 0xffff_ffff) return nowhere;
    return this.uint64(at);
  }

  /** A view. */
  slice(at: number, size: number): Uint8Array {
    this.#check(at, size);
    return new Uint8Array(this.memory.buffer, this.memory.byteOffset + at, size);
  }

  /** The bytes up to a zero. */
  text(at: number, most: number): string {
    const bytes = this.slice(at, Math.min(most, Math.max(0, this.size - at)));
    const end = bytes.indexOf(0);
    return decodeText(end < 0 ? bytes : bytes.subarray(0, end), at);
  }

  expect(at: number, signature: string, what: string): void {
    const found = this.slice(at, signature.length);
    for (let index = 0; index < signature.length; index++)
      if (found[index] !== signature.charCodeAt(index)) throw malformed(`has no ${what} where it names one`, at);
  }

  #view(at: number, size: number): DataView {
    this.#check(at, size);
    return new DataView(this.memory.buffer, this.memory.byteOffset + at, size);
  }

  #check(at: number, size: number): void {
    if (at < 0 || size < 0) throw malformed("names a place that is none");
    if (at + size > this.memory.byteLength)
      throw truncated(`ends at byte ${this.memory.byteLength}, before byte ${at + size} that it names`);
  }
}

export function decodeText(bytes: Uint8Array, at?: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed("has a text that is not UTF-8", at);
  }
}
