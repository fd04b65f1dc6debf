import { ModelkeepError, type ObjectInfo, type Store, type StoredObject } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";

/** A store whose own clock is set by the test, whatever time it is. With storage classes, if some are given. */
export interface ClockedStore extends Store {
  /** Milliseconds; goes on only when it is set. */
  now: number;
  /** Storage classes whose objects cannot be read until they are thawed. */
  readonly frozen: Set<string>;
}

export function clockedStore(start: string | number, storageClasses?: readonly string[]): ClockedStore {
  const inner = memoryStore();
  const facts = new Map<string, { readonly modified: Date; readonly storageClass?: string }>();
  const infoOf = <T extends ObjectInfo>(info: T): T => ({ ...info, ...facts.get(info.key) });
  const store: ClockedStore = {
    now: typeof start === "number" ? start : Date.parse(start),
    frozen: new Set(),
    name: "clocked",
    supports: { ...inner.supports, lateKey: false, ...(storageClasses && { storageClasses }) },
    async head(key, options) {
      const info = await inner.head(key, options);
      return info && infoOf(info);
    },
    async get(key, options): Promise<StoredObject | undefined> {
      const object = await inner.get(key, options);
      if (object === undefined) return undefined;
      const info = infoOf(object.info);
      if (store.frozen.has(info.storageClass ?? "")) throw frozen(key);
      return {
        info,
        stream: (given) => object.stream(given),
        readInto: (target, given) => object.readInto(target, given),
      };
    },
    async put(key, body, { storageClass, ...options } = {}) {
      const info = await inner.put(key, body, options);
      const given = storageClass ?? storageClasses?.[0];
      facts.set(info.key, { modified: new Date(store.now), ...(given !== undefined && { storageClass: given }) });
      return infoOf(info);
    },
    delete: (key, options) => inner.delete(key, options),
    async *list(prefix, options) {
      for await (const info of inner.list(prefix, options)) yield infoOf(info);
    },
  };
  return store;
}

function frozen(key: string): Error {
  return new ModelkeepError("archived", `[clocked] ${key} must be thawed first`);
}
