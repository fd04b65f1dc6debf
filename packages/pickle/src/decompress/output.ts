import { beyondLimit } from "../errors.js";
import type { Deadline } from "../limits.js";

/** Typed arrays end here. */
const largest = 2 ** 32 - 2;

/** Where a decoder writes: grows as it is filled, never beyond the limit. Decoders copy back from `bytes` as well. */
export class Output {
  bytes: Uint8Array<ArrayBuffer>;
  length = 0;

  constructor(
    private readonly limit: number,
    private readonly deadline: Deadline,
  ) {
    this.bytes = new Uint8Array(Math.min(limit, 1 << 16));
  }

  /** Makes room for `count` more bytes, or throws `limit_exceeded`. */
  reserve(count: number): void {
    const wanted = this.length + count;
    if (wanted <= this.bytes.length) return;
    this.deadline.check();
    const most = Math.min(this.limit, largest);
    if (wanted > most)
      throw beyondLimit(`The file expands to more than the ${most} bytes that are allowed (limits.expansion)`);
    const larger = new Uint8Array(Math.min(most, Math.max(wanted, this.bytes.length * 2)));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }

  /** Repeats `count` bytes from `distance` back; the caller has checked that they exist. */
  repeat(distance: number, count: number): void {
    this.reserve(count);
    const { bytes } = this;
    let to = this.length;
    const end = to + count;
    if (distance >= count) {
      bytes.copyWithin(to, to - distance, to - distance + count);
    } else if (distance === 1) {
      bytes.fill(bytes[to - 1] as number, to, end);
    } else {
      for (let from = to - distance; to < end;) bytes[to++] = bytes[from++] as number;
    }
    this.length = end;
  }

  append(part: Uint8Array): void {
    this.reserve(part.length);
    this.bytes.set(part, this.length);
    this.length += part.length;
  }

  /** What was written, from `start` on. */
  written(start = 0): Uint8Array {
    return this.bytes.subarray(start, this.length);
  }
}
