import { type StoredObject, throwIfAborted } from "@modelkeep/core";

import type { CacheFolder } from "./cache-folder.js";
import { CacheWriter } from "./cache-writer.js";
import type { Quietly } from "./quietly.js";

/** An object of the store that is kept in the folder when it is read whole. `isStill` tells that it was not written since. */
export function fillingObject(
  object: StoredObject,
  { folder, quietly, isStill }: { folder: CacheFolder; quietly: Quietly; isStill: () => boolean },
): StoredObject {
  const { info } = object;
  if (info.size > folder.largest) return object;
  return {
    info,
    async *stream(calls = {}) {
      throwIfAborted(calls.signal);
      let writer = await quietly(() => CacheWriter.begin(folder, info));
      try {
        for await (const bytes of object.stream(calls)) {
          const kept = await quietly(async () => {
            await writer?.write(bytes);
            return true;
          });
          if (kept === undefined) {
            await writer?.abandon();
            writer = undefined;
          }
          yield bytes;
        }
        await quietly(async () => writer?.end(isStill));
      } finally {
        // Left half way, or failed; at the end there is nothing left of it.
        await writer?.abandon();
      }
    },
    async readInto(target, calls = {}) {
      const read = await object.readInto(target, calls);
      if ((calls.offset ?? 0) !== 0 || read !== info.size) return read;
      await quietly(async () => {
        const writer = await CacheWriter.begin(folder, info);
        try {
          await writer.write(target.subarray(0, read));
          await writer.end(isStill);
        } finally {
          await writer.abandon();
        }
      });
      return read;
    },
  };
}
