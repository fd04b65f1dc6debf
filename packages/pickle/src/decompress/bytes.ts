import { truncated } from "../errors.js";

/** Reads bytes, and little-endian numbers, of a compressed stream. */
export class Bytes {
  at = 0;

  constructor(
    readonly bytes: Uint8Array,
    private readonly format: string,
  ) {}

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw this.ended();
    return byte;
  }

  take(count: number): Uint8Array {
    if (count > this.remaining) throw this.ended();
    return this.bytes.subarray(this.at, (this.at += count));
  }

  uint32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.take(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  ended(): Error {
    return truncated(`The ${this.format} stream ends before its end`);
  }
}
