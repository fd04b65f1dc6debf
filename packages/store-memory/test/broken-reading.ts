import { ModelkeepError, type Store, type StoredObject } from "@modelkeep/core";
import { broken, entries, pass, type Breakage } from "./breakage.js";

export const brokenReading: readonly Breakage[] = [
  broken(
    "ends ranges one byte late",
    "a range is what lies from start to before end, cut at the end of the object",
    (good) => ({
      get: (key, { range, ...rest } = {}) =>
        good.get(key, range ? { ...rest, range: { ...range, end: (range.end ?? 2 ** 40) + 1 } } : rest),
    }),
  ),
  broken(
    "tells the size of the range",
    "a range is what lies from start to before end, cut at the end of the object",
    (good) => ({
      async get(key, options) {
        const object = await good.get(key, options);
        if (object === undefined || options?.range === undefined) return object;
        const size = Math.min(object.info.size, options.range.end ?? object.info.size) - options.range.start;
        return { ...object, info: { ...object.info, size } };
      },
    }),
  ),
  broken(
    "reads from the start whatever the offset",
    "readInto starts at its offset, within the range that was asked for",
    (good) => ({
      async get(key, options) {
        const object = await good.get(key, options);
        return object && { ...object, readInto: (target) => object.readInto(target) };
      },
    }),
  ),
  broken(
    "tells progress before the bytes are there",
    "readInto tells in order how much of the target is final",
    (good) => ({
      async get(key, options) {
        const object = await good.get(key, options);
        return (
          object && {
            ...object,
            readInto(target, { progress, ...rest } = {}) {
              progress?.(Math.min(target.length, object.info.size));
              return object.readInto(target, rest);
            },
          }
        );
      },
    }),
  ),
  broken("reuses the buffer of a chunk", "bodies of every size come back, empty ones too", (good) => ({
    async get(key, options) {
      const object = await good.get(key, options);
      const buffer = new Uint8Array(1 << 20);
      return (
        object && {
          ...object,
          async *stream(options) {
            for await (const chunk of object.stream(options)) {
              buffer.set(chunk);
              yield buffer.subarray(0, chunk.length);
            }
          },
        }
      );
    },
  })),
  broken("gives its own array away", "what was read is the reader's own", (good) => {
    const kept = new Map<string, Uint8Array>();
    return {
      async get(key, options) {
        const object = await good.get(key, options);
        if (object === undefined) return undefined;
        if (!kept.has(key)) {
          const bytes = new Uint8Array(object.info.size);
          await object.readInto(bytes);
          kept.set(key, bytes);
        }
        return { ...object, stream: pass([kept.get(key)!]) };
      },
    };
  }),
  broken(
    "mixes the old and the new",
    "an object replaced while it is read gives its old bytes or an error, never a mixture",
    (good) => ({
      async get(key, options) {
        const object = await good.get(key, options);
        return (
          object && {
            ...object,
            async *stream() {
              for (let start = 0; start < object.info.size; start += 1 << 20) {
                const now = await good.get(key, { range: { start, end: start + (1 << 20) } });
                yield* now!.stream();
              }
            },
          }
        );
      },
    }),
  ),
  broken(
    "throws when there is nothing to delete",
    "delete removes one object, and is no error when there is nothing",
    (good) => ({
      async delete(key, options) {
        if ((await good.head(key, options)) === undefined) throw new ModelkeepError("not_found", `${key} is not there`);
        await good.delete(key, options);
      },
    }),
  ),
  broken("throws when there is nothing to get", "nothing is there before it is written", (good) => ({
    async get(key, options) {
      const object = await good.get(key, options);
      if (object === undefined) throw new ModelkeepError("not_found", `${key} is not there`);
      return object;
    },
  })),
  broken(
    "deletes all keys that begin alike",
    "delete removes one object, and is no error when there is nothing",
    (good) => ({
      async delete(key, options) {
        await good.delete(key, options);
        for (const entry of await entries(good.list(key, options))) await good.delete(entry.key);
      },
    }),
  ),
  broken(
    "stumbles over what was deleted meanwhile",
    "an object deleted while it is read gives its bytes or not_found",
    (good) => ({
      get: changed(good, (object) => ({
        async *stream(options) {
          if ((await good.head(object.info.key)) === undefined) throw new RangeError("no such file");
          yield* object.stream(options);
        },
      })),
    }),
  ),
  broken("cannot cut an empty object", "an empty object has empty ranges", (good) => ({
    async get(key, options) {
      const object = await good.get(key, options);
      if (options?.range !== undefined && object?.info.size === 0)
        throw new ModelkeepError("io_error", "416 Range Not Satisfiable");
      return object;
    },
  })),
  broken("throws where a range of nothing is asked for", "a range of something that is absent is absent", (good) => ({
    async get(key, options) {
      const object = await good.get(key, options);
      if (options?.range !== undefined && object === undefined)
        throw new ModelkeepError("not_found", `${key} is not there`);
      return object;
    },
  })),
  broken("makes a range of what is none", "a range that is no range is misuse", (good) => ({
    get(key, { range, ...rest } = {}) {
      if (range === undefined) return good.get(key, rest);
      const start = Math.max(0, Math.trunc(range.start) || 0);
      return good.get(key, { ...rest, range: { start, end: Math.max(start, range.end ?? 2 ** 40) } });
    },
  })),
  broken(
    "fills the buffer and not the view",
    "readInto fills a part of a larger buffer and touches nothing else",
    (good) => ({
      get: changed(good, (object) => ({
        readInto: (target, options) => object.readInto(new Uint8Array(target.buffer, 0, target.length), options),
      })),
    }),
  ),
  broken("has one position for all readers", "many reads of one object go together", (good) => ({
    get: changed(good, (object) => {
      let position = 0;
      return {
        async readInto(target, options) {
          position = options?.offset ?? 0;
          await Promise.resolve();
          return object.readInto(target, { ...options, offset: position });
        },
      };
    }),
  })),
  broken(
    "never closes a stream that is left",
    "a stream that is left half way costs nothing and can be begun again",
    (good) => {
      let open = 0;
      return {
        get: changed(good, (object) => ({
          async *stream(options) {
            if (++open > 10) throw new ModelkeepError("io_error", "too many open files");
            yield* object.stream(options);
            open--;
          },
        })),
      };
    },
  ),
];

/** `get`, with something else about the object that it finds. */
function changed(good: Store, change: (object: StoredObject) => Partial<StoredObject>): Store["get"] {
  return async (key, options) => {
    const object = await good.get(key, options);
    return object && { ...object, ...change(object) };
  };
}
