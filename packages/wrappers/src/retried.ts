import {
  cutRange,
  type ListEntry,
  type ListOptions,
  ModelkeepError,
  type Store,
  type StoredObject,
  storeOver,
} from "@modelkeep/core";

import { Attempts, attempted, type RetryOptions } from "./attempts.js";
import { retriedPut } from "./retried-put.js";

const piece = 1 << 20;

/**
 * A store that tries again what failed and may be done twice: reading goes on where it broke off, listings after the last
 * key, deletes and unconditional puts anew. A conditional put is never repeated blindly: what lies there is looked at first.
 */
export function retried(store: Store, options: RetryOptions = {}): Store {
  return storeOver(store, {
    name: store.name,
    supports: store.supports,
    head: (key, calls = {}) => attempted(options, calls.signal, () => store.head(key, calls)),
    async get(key, calls = {}) {
      const object = await attempted(options, calls.signal, () => store.get(key, calls));
      if (object === undefined) return undefined;
      const { start, end } = cutRange(object.info.size, calls.range);
      return retriedObject(object, end - start, options);
    },
    put: (key, body, puts = {}) => retriedPut(store, key, body, puts, options),
    delete: (key, calls = {}) => attempted(options, calls.signal, () => store.delete(key, calls)),
    list: (prefix, lists = {}) => retriedList(store, prefix, lists, options),
  });
}

/**
 * The object holds its reads to what was found: what goes on where another lies by now is a `conflict`, never a mixture. What
 * ends before its end has failed.
 */
function retriedObject(object: StoredObject, size: number, options: RetryOptions): StoredObject {
  const cutOff = (at: number): ModelkeepError =>
    new ModelkeepError("io_error", `Reading ${object.info.key} ended after ${at} of ${size} bytes`);
  return {
    info: object.info,
    ...(object.file && { file: object.file }),
    async *stream(calls = {}) {
      const attempts = new Attempts(options);
      let position = 0;
      try {
        for await (const bytes of object.stream(calls)) {
          position += bytes.length;
          yield bytes;
        }
        if (position < size) throw cutOff(position);
      } catch (error) {
        await attempts.after(error, calls.signal);
      }
      while (position < size) {
        const target = new Uint8Array(Math.min(piece, size - position));
        try {
          const read = await object.readInto(target, { ...calls, offset: position });
          if (read === 0) throw cutOff(position);
          attempts.reset();
          position += read;
          yield target.subarray(0, read);
        } catch (error) {
          await attempts.after(error, calls.signal);
        }
      }
    },
    async readInto(target, { offset = 0, progress, signal } = {}) {
      const attempts = new Attempts(options);
      const wanted = Math.max(0, Math.min(target.length, size - offset));
      let filled = 0;
      for (;;) {
        const start = filled;
        const advance = (more: number): void => {
          if (start + more <= filled) return;
          attempts.reset();
          filled = start + more;
          progress?.(filled);
        };
        try {
          const calls = { offset: offset + start, progress: advance, signal };
          advance(await object.readInto(target.subarray(start), calls));
          if (filled >= wanted) return filled;
          throw cutOff(offset + filled);
        } catch (error) {
          await attempts.after(error, signal);
        }
      }
    },
  };
}

async function* retriedList(
  store: Store,
  prefix: string,
  lists: ListOptions,
  options: RetryOptions,
): AsyncGenerator<ListEntry> {
  const attempts = new Attempts(options);
  let { after } = lists;
  for (;;) {
    try {
      for await (const entry of store.list(prefix, { ...lists, ...(after !== undefined && { after }) })) {
        attempts.reset();
        after = entry.key;
        yield entry;
      }
      return;
    } catch (error) {
      await attempts.after(error, lists.signal);
    }
  }
}
