import type { ListEntry, Store } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import { count } from "./support/counts.js";
import { keepInOrder, type Mutant, type Role } from "./support/keep-orders.js";

const orders = process.env["MODELKEEP_RELIABILITY"] === "full" ? 10_000 : 30;
/** In which something was wrong once: a version that was deleted before its save had looked at its bytes again. */
const remembered = [421];

const nothing = async function* (): AsyncGenerator<ListEntry> {};

/** A store that hides what lies under a prefix from those who list it. */
const hiding = (prefix: string, store: Store): Store => ({
  ...store,
  list: (given, options) => (given.startsWith(prefix) ? nothing() : store.list(given, options)),
});

/** A store in which no lease of this client ever arrives. */
const withoutLeases = (store: Store): Store => ({
  ...store,
  put: (key, body, options) =>
    typeof key === "string" && key.startsWith("leases/")
      ? Promise.resolve({ key, size: 0, modified: new Date() })
      : store.put(key, body, options),
});

/** Once keys were looked for at all, they are taken to be there. */
const believing = (store: Store): Store => ({
  ...store,
  head: async (key, options) =>
    (await store.head(key, options)) ?? (/\bblobs\//u.test(key) ? { key, size: 0, modified: new Date() } : undefined),
});

/** The logs as they were before this collection had put its first marker, however often they are read. */
const withOldLogs = (store: Store): Store => {
  const seen = new Set<string>();
  let models: ListEntry[] | undefined;
  let marked = false;
  return {
    ...store,
    put(key, body, options) {
      if (typeof key === "string" && key.startsWith("condemned/blobs/")) marked = true;
      return store.put(key, body, options);
    },
    async get(key, options) {
      if (marked && key.includes("/log/") && !seen.has(key)) return undefined;
      if (key.includes("/log/")) seen.add(key);
      return store.get(key, options);
    },
    async *list(prefix, options) {
      if (marked && prefix.endsWith("/log/")) return;
      if (prefix !== "models/" || options?.delimiter === undefined) return yield* store.list(prefix, options);
      if (models === undefined || !marked) {
        models = [];
        for await (const entry of store.list(prefix, options)) models.push(entry);
      }
      yield* models;
    },
  };
};

const only = (role: Role, wrap: (store: Store) => Store) => (store: Store, given: Role) =>
  given === role ? wrap(store) : store;

const mutants: readonly Mutant[] = [
  { name: "a save that takes no lease", strict: true, wrap: only("save", withoutLeases) },
  {
    name: "a collection that does not look for leases",
    strict: true,
    wrap: only("collect", (store) => hiding("leases/", store)),
  },
  { name: "a collection that does not read the logs again", strict: false, wrap: only("collect", withOldLogs) },
  {
    name: "a save that does not look for markers",
    strict: false,
    wrap: only("save", (store) => hiding("condemned/", withoutLeases(store))),
  },
  {
    name: "a move that does not look again before it gives places up",
    strict: false,
    wrap: only("archive", (store) => hiding("condemned/", believing(withoutLeases(store)))),
  },
];

describe("saves, copies, moves and deletions beside collections, in seeded orders", () => {
  it(`lose nothing: ${orders} orders`, { timeout: 3_600_000 }, async () => {
    const numbered = Array.from({ length: orders }, (_, index) => index + 1);
    for (const seed of new Set([...remembered, ...numbered]))
      expect(await keepInOrder(seed), `seed ${seed}`).toBeUndefined();
    count("orders", orders);
  });

  it.each(mutants)("find the planted mistake: $name", { timeout: 600_000 }, async (mutant) => {
    let [fault, seed] = [undefined as string | undefined, 0];
    while (fault === undefined && seed < 3000) fault = await keepInOrder(++seed, mutant);
    expect(fault).toBeDefined();
  });
});
