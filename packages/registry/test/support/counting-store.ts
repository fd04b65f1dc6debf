import type { Store } from "@modelkeep/core";

export type Verb = "head" | "get" | "put" | "delete" | "list";

/** A store that counts what is asked of it; a listing counts once, with the keys that it gave beside it. */
export function countingStore(store: Store) {
  const counts: Record<Verb | "listed", number> = { head: 0, get: 0, put: 0, delete: 0, list: 0, listed: 0 };
  const counting: Store = {
    name: store.name,
    supports: store.supports,
    head: (...args) => (counts.head++, store.head(...args)),
    get: (...args) => (counts.get++, store.get(...args)),
    put: (...args) => (counts.put++, store.put(...args)),
    delete: (...args) => (counts.delete++, store.delete(...args)),
    async *list(...args) {
      counts.list++;
      for await (const entry of store.list(...args)) {
        counts.listed++;
        yield entry;
      }
    },
  };
  return {
    store: counting,
    counts,
    requests: () => counts.head + counts.get + counts.put + counts.delete + counts.list,
    reset: () => void Object.assign(counts, { head: 0, get: 0, put: 0, delete: 0, list: 0, listed: 0 }),
  };
}
