import { ModelkeepError } from "@modelkeep/core";
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
];
