import {
  checkKey,
  cutRange,
  type GetOptions,
  ModelkeepError,
  type ObjectInfo,
  type Store,
  storedBytes,
  type StoredObject,
  storedSlice,
  storeOver,
  throwIfAborted,
} from "@modelkeep/core";

import { pieceSize } from "./cache-entry.js";
import { CacheFolder } from "./cache-folder.js";
import { CachedFile } from "./cached-file.js";
import { fillingObject } from "./filling-object.js";
import { keptObject } from "./kept-object.js";
import { quietly as quietlyWith } from "./quietly.js";

/** How much is kept on this machine, and of what. */
export interface CacheOptions {
  /** Of the folder together. What was used least recently goes first; what is larger than half of it is not kept. */
  readonly maxBytes: number;
  /** Which keys hold what never changes. Default: the payloads, manifests and log entries of a registry. */
  readonly caches?: ((key: string) => boolean) | undefined;
  /** Told what went wrong in the cache. Reading goes on without it. */
  readonly trouble?: ((error: unknown) => void) | undefined;
}

const immutable = /^(blobs\/|models\/[^/]+\/(manifests|log)\/)/u;

/**
 * A store whose immutable objects are kept in a folder of this machine once they were read whole, and compared with their
 * digests whenever they are read from there. Whether something exists, what is listed, and whatever may change, is asked of
 * the store each time; that something is absent is never remembered.
 */
export function cached(store: Store, path: string, options: CacheOptions): Store {
  const { maxBytes, caches = (key) => immutable.test(key), trouble = () => undefined } = options;
  if (!(maxBytes > 0)) throw new TypeError(`A cache has room for some bytes, not for ${maxBytes}`);
  const folder = new CacheFolder(path, maxBytes);
  const quietly = quietlyWith(trouble);
  /** Counts what was written through this store: what was found before is not kept after. */
  let writes = 0;

  async function forget(key: string): Promise<void> {
    writes++;
    if (caches(key)) await folder.remove(key);
  }

  async function drop(key: string): Promise<void> {
    trouble(new ModelkeepError("digest_mismatch", `[cache] The copy of ${key} is damaged, and was thrown away`));
    await quietly(() => folder.remove(key));
  }

  /** What the cache has; `undefined` when it has nothing, or nothing that is whole. */
  async function find(key: string, range: GetOptions["range"]): Promise<StoredObject | undefined> {
    const file = await quietly(() => CachedFile.open(folder, key, drop));
    if (file === undefined) return undefined;
    try {
      const { info } = file;
      if (info.size > pieceSize) return keptObject({ store, folder, quietly, drop }, info, range);
      const bytes = await quietly(() => file.piece(0));
      if (bytes !== undefined) return inMemory(info, bytes, range);
    } finally {
      await file.close();
    }
    await drop(key);
    return undefined;
  }

  return storeOver(store, {
    name: store.name,
    supports: store.supports,
    head: (key, calls) => store.head(key, calls),
    async get(key, calls = {}) {
      checkKey(key);
      throwIfAborted(calls.signal);
      if (!caches(key)) return store.get(key, calls);
      const kept = await find(key, calls.range);
      if (kept !== undefined) return kept;
      const before = writes;
      const object = await store.get(key, calls);
      if (object === undefined || calls.range !== undefined) return object;
      return fillingObject(object, { folder, quietly, isStill: () => writes === before });
    },
    async put(key, body, puts = {}) {
      // An array is copied by the call to the store, so that nothing is awaited before it.
      const putting = store.put(key, body, puts);
      try {
        return await putting;
      } finally {
        const name = typeof key === "string" ? key : (await putting.catch(() => undefined))?.key;
        if (name !== undefined) await forget(name);
      }
    },
    async delete(key, calls) {
      try {
        await store.delete(key, calls);
      } finally {
        await forget(key);
      }
    },
    list: (prefix, lists) => store.list(prefix, lists),
  });
}

function inMemory(info: ObjectInfo, bytes: Uint8Array, range: GetOptions["range"]): StoredObject {
  const { start, end } = cutRange(info.size, range);
  return { ...storedSlice(storedBytes(bytes), start, end - start), info };
}
