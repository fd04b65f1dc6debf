import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";
import { sqliteStore } from "../src/index.js";

runSuite(
  storeSuite(async () => {
    const folder = await mkdtemp(join(tmpdir(), "modelkeep-sqlite-"));
    const store = sqliteStore(join(folder, "models.db"));
    return {
      store,
      async dispose() {
        await store[Symbol.asyncDispose]?.();
        await rm(folder, { recursive: true });
      },
    };
  }),
  { describe, test },
  { timeout: 180_000 },
);
