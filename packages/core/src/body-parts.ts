import { readBody, type ReadBodyOptions } from "./read-body.js";
import type { Body } from "./store.js";

/** A body that can be read again, cut into parts. */
export interface Parts {
  /**
   * From the start: every part but the last is full, and none is empty. A part may be given back once it is not needed
   * any more, and its memory then holds a later one.
   */
  open(): AsyncGenerator<Uint8Array, void, undefined>;
  giveBack(part: Uint8Array): void;
  /** The same bytes as they come, each chunk the reader's own. */
  stream(): AsyncIterable<Uint8Array>;
}

/** An array is copied during this call. */
export function cutIntoParts(body: Body, partSize: number, options: ReadBodyOptions): Parts {
  if (body instanceof Uint8Array) {
    const bytes = new Uint8Array(body);
    const slices = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      for (let start = 0; start < bytes.length; start += partSize) yield bytes.subarray(start, start + partSize);
    };
    return {
      async *open() {
        // Before anything is sent, the size is held to what was announced. Nothing is copied again.
        for await (const _ of readBody(slices, options));
        yield* slices();
      },
      giveBack() {},
      stream: slices,
    };
  }
  const free: Uint8Array[] = [];
  return {
    async *open() {
      let part: Uint8Array = new Uint8Array(0);
      let filled = 0;
      for await (const chunk of readBody(body, options))
        for (let taken = 0; taken < chunk.length;) {
          if (filled === part.length) {
            if (filled > 0) yield part;
            part = free.pop() ?? new Uint8Array(partSize);
            filled = 0;
          }
          const piece = chunk.subarray(taken, taken + part.length - filled);
          part.set(piece, filled);
          filled += piece.length;
          taken += piece.length;
        }
      if (filled > 0) yield part.subarray(0, filled);
    },
    giveBack(part) {
      if (part.length === partSize) free.push(part);
    },
    async *stream() {
      for await (const chunk of readBody(body, options)) yield chunk.slice();
    },
  };
}
