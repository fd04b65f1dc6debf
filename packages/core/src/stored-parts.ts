import { cutRange } from "./cut-range.js";
import { throwIfAborted } from "./errors.js";
import type { GetOptions, ObjectInfo, StoredObject } from "./store.js";

/** The bytes of an object from one position to before another, in order; each array is the reader's own. */
export type ReadParts = (from: number, to: number, signal: AbortSignal | undefined) => AsyncIterable<Uint8Array>;

/** An object whose bytes come in parts: how stores over rows and requests give what they found. `range` is that of `get`. */
export function storedParts(info: ObjectInfo, range: GetOptions["range"], read: ReadParts): StoredObject {
  const { start, end } = cutRange(info.size, range);
  return {
    info,
    async *stream({ signal } = {}) {
      throwIfAborted(signal);
      if (start < end) yield* read(start, end, signal);
    },
    async readInto(target, { offset = 0, progress, signal } = {}) {
      throwIfAborted(signal);
      const asked = cutRange(end - start, { start: offset, end: offset + target.length });
      if (asked.start === asked.end) return 0;
      let filled = 0;
      for await (const bytes of read(start + asked.start, start + asked.end, signal)) {
        target.set(bytes, filled);
        filled += bytes.length;
        progress?.(filled);
      }
      return filled;
    },
  };
}
