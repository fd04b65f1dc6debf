import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";
import { encrypted } from "../src/index.js";
import { alice } from "./keys.js";

const stores: readonly [name: string, open: (folder: string) => Store][] = [
  ["memory", () => memoryStore()],
  ["fs", (folder) => fsStore(join(folder, "models"))],
  ["sqlite", (folder) => sqliteStore(join(folder, "models.db"))],
];

describe.each(stores)("over %s", (_, open) => {
  runSuite(
    storeSuite(
      async () => {
        const folder = await mkdtemp(join(tmpdir(), "modelkeep-encrypt-"));
        const store = encrypted(open(folder), { identities: [alice.identity] });
        return {
          store,
          async dispose() {
            await store[Symbol.asyncDispose]?.();
            await rm(folder, { recursive: true });
          },
        };
      },
      // The race is one of the store below, whose own tests run it in full.
      { race: { writers: 8, increments: 25 } },
    ),
    { describe, test },
    { timeout: 180_000 },
  );
});
