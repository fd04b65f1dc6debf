import {
  alreadyExists,
  checkKey,
  checkPrefix,
  checkPut,
  compareCodePoints,
  cutRange,
  groupEntry,
  groupOf,
  joinBytes,
  type ObjectInfo,
  readBody,
  type Store,
  type StoredObject,
  throwIfAborted,
} from "@modelkeep/core";

/** Never changed once it is stored: a put replaces it, so whoever holds it goes on reading what he got. */
interface MemoryObject {
  readonly bytes: Uint8Array;
  readonly modified: number;
}

const piece = 1 << 20;

/** A store that ends with its process: for tests, and for work that is not to be kept. */
export function memoryStore(): Store {
  const objects = new Map<string, MemoryObject>();
  /** The keys of `objects` in code-point order. */
  const keys: string[] = [];

  const store: Store = {
    name: "memory",
    supports: { putIfAbsent: true, lateKey: true },

    async head(key, options = {}) {
      checkKey(key);
      throwIfAborted(options.signal);
      const object = objects.get(key);
      return object && describe(key, object);
    },

    async get(key, options = {}) {
      checkKey(key);
      throwIfAborted(options.signal);
      const object = objects.get(key);
      if (object === undefined) return undefined;
      const { start, end } = cutRange(object.bytes.length, options.range);
      return storedObject(describe(key, object), object.bytes.subarray(start, end));
    },

    async put(key, body, options = {}) {
      checkPut(store, key, options);
      const chunks: Uint8Array[] = [];
      for await (const chunk of readBody(body, options)) chunks.push(chunk.slice());
      throwIfAborted(options.signal);
      const object = { bytes: joinBytes(chunks), modified: Date.now() };
      const name = typeof key === "function" ? checkKey(key()) : key;
      // Nothing is awaited between this check and the write it guards.
      if (!objects.has(name))
        keys.splice(
          firstIndex(keys, (other) => compareCodePoints(other, name) > 0),
          0,
          name,
        );
      else if (options.if === "absent") throw alreadyExists(store.name, name);
      objects.set(name, object);
      return describe(name, object);
    },

    async delete(key, options = {}) {
      checkKey(key);
      throwIfAborted(options.signal);
      if (objects.delete(key))
        keys.splice(
          firstIndex(keys, (other) => compareCodePoints(other, key) >= 0),
          1,
        );
    },

    async *list(prefix, { after, delimiter, signal } = {}) {
      checkPrefix(prefix);
      let at = firstIndex(
        keys,
        (key) => compareCodePoints(key, prefix) >= 0 && (after === undefined || compareCodePoints(key, after) > 0),
      );
      for (;;) {
        throwIfAborted(signal);
        const key = keys[at];
        const object = key === undefined ? undefined : objects.get(key);
        if (key === undefined || object === undefined || !key.startsWith(prefix)) return;
        const group = groupOf(key, prefix, delimiter);
        if (group === undefined) yield describe(key, object);
        else if (after === undefined || compareCodePoints(group, after) > 0) yield groupEntry(group);
        // The caller may have written meanwhile, and moved the place.
        if (group !== undefined)
          at = firstIndex(keys, (other) => compareCodePoints(other, group) > 0 && !other.startsWith(group));
        else at = keys[at] === key ? at + 1 : firstIndex(keys, (other) => compareCodePoints(other, key) > 0);
      }
    },
  };
  return store;
}

function describe(key: string, object: MemoryObject): ObjectInfo {
  return { key, size: object.bytes.length, modified: new Date(object.modified) };
}

function storedObject(info: ObjectInfo, bytes: Uint8Array): StoredObject {
  return {
    info,
    async *stream(options = {}) {
      for (let start = 0; start < bytes.length; start += piece) {
        throwIfAborted(options.signal);
        yield bytes.slice(start, start + piece);
      }
    },
    async readInto(target, { offset = 0, progress, signal } = {}) {
      throwIfAborted(signal);
      const { start, end } = cutRange(bytes.length, { start: offset, end: offset + target.length });
      target.set(bytes.subarray(start, end));
      if (end > start) progress?.(end - start);
      return end - start;
    },
  };
}

/** Index of the first key that holds, where no key that holds comes before one that does not. */
function firstIndex(keys: readonly string[], holds: (key: string) => boolean): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(keys[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}
