import {
  cutRange,
  type GetOptions,
  ModelkeepError,
  type ObjectInfo,
  type StoredObject,
  throwIfAborted,
} from "@modelkeep/core";

import { chunkSize, openChunk, sealedSize, tagSize } from "./chunks.js";
import { SealedGroups, together } from "./sealed-groups.js";

export interface Sealed {
  /** What is encrypted. */
  readonly source: StoredObject;
  /** Of the whole plain object. */
  readonly info: ObjectInfo;
  /** Where the payload begins. */
  readonly start: number;
  /** The payload's key, from the bytes before the payload. */
  unlock(head: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** For messages. */
  readonly what: string;
}

/** The plain bytes of an age file. Only the chunks that a range touches are fetched; of a chunk that fails nothing is given out. */
export function openedObject(sealed: Sealed, range?: GetOptions["range"]): StoredObject {
  const { source, info, start, what } = sealed;
  const asked = cutRange(info.size, range);
  const last = Math.max(1, Math.ceil((source.info.size - start) / sealedSize)) - 1;
  const groups = new SealedGroups(source, start, what, (head) => sealed.unlock(head));

  /** The plain chunks that hold bytes from one on and before another, cut to them. */
  async function* chunks(from: number, to: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    throwIfAborted(signal);
    if (source.info.size < start + tagSize)
      throw new ModelkeepError(
        "truncated",
        `${what} is too short for anything encrypted: it has ${source.info.size} bytes`,
      );
    const first = Math.min(Math.floor(from / chunkSize), last);
    const end = to >= info.size ? last + 1 : Math.ceil(to / chunkSize);
    // A whole object is streamed, so that whoever lies below sees it pass as a whole.
    const isAll = first === 0 && end === last + 1 && end > together;
    let index = first;
    for await (const { key, bytes } of isAll ? groups.all(signal) : groups.some(first, end, signal)) {
      for (let at = 0; at < bytes.length; at += sealedSize, index++) {
        throwIfAborted(signal);
        const chunk = bytes.subarray(at, at + sealedSize);
        const plain = openChunk(key, index, index === last, chunk);
        // A whole chunk that was sealed as the last one where it is not, or the other way round, is right as far as it goes.
        const misplaced =
          plain === undefined && chunk.length === sealedSize ? openChunk(key, index, index !== last, chunk) : undefined;
        const cut = (plain ?? misplaced)?.subarray(Math.max(0, from - index * chunkSize), to - index * chunkSize);
        if (cut !== undefined && cut.length > 0) yield cut;
        if (plain === undefined) throw faultOf(index, chunk, misplaced !== undefined);
        if (plain.length === 0 && index > 0)
          throw new ModelkeepError("malformed", `${what} ends with an empty chunk, which the age format forbids`);
      }
    }
  }

  function faultOf(index: number, chunk: Uint8Array, misplaced: boolean): ModelkeepError {
    if (!misplaced && chunk.length >= tagSize)
      return new ModelkeepError(
        "tampered",
        `${what} was changed: its bytes from ${index * chunkSize} on are not those that were encrypted`,
        { details: { position: index * chunkSize } },
      );
    return index === last
      ? new ModelkeepError("truncated", `${what} is cut off: its last chunk of 64 KiB is not whole, or missing`)
      : new ModelkeepError("malformed", `${what} goes on after its last chunk`);
  }

  return {
    info,
    async *stream({ signal } = {}) {
      throwIfAborted(signal);
      // An empty object has a chunk too, which says that it is meant to be empty.
      if (asked.start < asked.end || info.size === 0) yield* chunks(asked.start, asked.end, signal);
    },
    async readInto(target, { offset = 0, progress, signal } = {}) {
      throwIfAborted(signal);
      const part = cutRange(asked.end - asked.start, { start: offset, end: offset + target.length });
      if (part.start === part.end && info.size > 0) return 0;
      let filled = 0;
      for await (const plain of chunks(asked.start + part.start, asked.start + part.end, signal)) {
        target.set(plain, filled);
        filled += plain.length;
        progress?.(filled);
      }
      return filled;
    },
  };
}
