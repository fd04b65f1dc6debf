import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ModelkeepError, type Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { randomNumbers, runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";
import { cached, retried, split } from "../src/index.js";

/** Every verb fails now and then, before it has done anything. */
function unsteady(store: Store): Store {
  const random = randomNumbers(7);
  const fail = (): void => {
    if (random() < 0.1) throw new ModelkeepError("io_error", "injected");
  };
  return {
    ...store,
    head: async (...call) => (fail(), store.head(...call)),
    get: async (...call) => (fail(), store.get(...call)),
    put: async (...call) => (fail(), store.put(...call)),
    delete: async (...call) => (fail(), store.delete(...call)),
    async *list(...call) {
      fail();
      for await (const entry of store.list(...call)) {
        yield entry;
        fail();
      }
    },
  };
}

const quick = { attempts: 20, firstDelay: 0.1, longestDelay: 0.5 };
const wrappers: readonly [name: string, open: (folder: string) => Store][] = [
  ["retried, over sqlite", (folder) => retried(sqliteStore(join(folder, "models.db")))],
  ["retried, over a store that fails now and then", () => retried(unsteady(memoryStore()), quick)],
  ["cached, as it is used", (folder) => cached(memoryStore(), join(folder, "cache"), { maxBytes: 50_000_000 })],
  [
    "cached, whatever it is, and too small for most",
    (folder) => cached(fsStore(join(folder, "s")), join(folder, "c"), { maxBytes: 6_000_000, caches: () => true }),
  ],
  [
    "split between a folder and a database",
    (folder) => split(fsStore(join(folder, "blobs")), sqliteStore(join(folder, "log.db"))),
  ],
  [
    "split at odd places",
    () =>
      split(memoryStore(), memoryStore(), { prefixes: ["a", "b/c", "size/", "late/3", "odd/", "many/000", "late/0"] }),
  ],
];

describe.each(wrappers)("%s", (_, open) => {
  runSuite(
    storeSuite(
      async () => {
        const folder = await mkdtemp(join(tmpdir(), "modelkeep-wrappers-"));
        const store = open(folder);
        return {
          store,
          async dispose() {
            await store[Symbol.asyncDispose]?.();
            await rm(folder, { recursive: true });
          },
        };
      },
      { race: { writers: 8, increments: 20 } },
    ),
    { describe, test },
    { timeout: 180_000 },
  );
});
