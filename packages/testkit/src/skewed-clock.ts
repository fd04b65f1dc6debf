import type { ListEntry, ObjectInfo, Store, StoredObject } from "@modelkeep/core";

/** A store whose clock is set: `shift` says by how many milliseconds when an object is put. All clients must use this one. */
export function skewedClock(store: Store, shift: () => number): Store {
  const shifts = new Map<string, number>();
  const skewed = <T extends ObjectInfo | ListEntry>(info: T): T => ({
    ...info,
    modified: new Date(info.modified.getTime() + (shifts.get(info.key) ?? 0)),
  });
  return {
    name: store.name,
    supports: store.supports,
    async head(key, options) {
      const info = await store.head(key, options);
      return info && skewed(info);
    },
    async get(key, options) {
      const found = await store.get(key, options);
      return found && skewedObject(found, skewed(found.info));
    },
    async put(key, body, options) {
      const info = await store.put(key, body, options);
      shifts.set(info.key, shift());
      return skewed(info);
    },
    delete: (key, options) => store.delete(key, options),
    async *list(prefix, options) {
      for await (const entry of store.list(prefix, options)) yield skewed(entry);
    },
  };
}

function skewedObject(found: StoredObject, info: ObjectInfo): StoredObject {
  return {
    info,
    stream: (options) => found.stream(options),
    readInto: (target, options) => found.readInto(target, options),
  };
}
