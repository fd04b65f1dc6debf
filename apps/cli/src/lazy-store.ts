import type { Store } from "@modelkeep/core";

/** A store that is opened with the first call. Until then nothing is known of what it supports, so nothing is promised. */
export function lazyStore(name: string, open: () => Promise<Store>): Store {
  return {
    name,
    supports: { putIfAbsent: false, lateKey: false },
    head: async (key, options) => (await open()).head(key, options),
    get: async (key, options) => (await open()).get(key, options),
    put: async (key, body, options) => (await open()).put(key, body, options),
    delete: async (key, options) => (await open()).delete(key, options),
    async *list(prefix, options) {
      yield* (await open()).list(prefix, options);
    },
  };
}
