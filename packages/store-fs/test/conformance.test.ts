import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";
import { fsStore } from "../src/index.js";

runSuite(
  storeSuite(async () => {
    const folder = await mkdtemp(join(tmpdir(), "modelkeep-fs-"));
    return { store: fsStore(join(folder, "models")), dispose: () => rm(folder, { recursive: true }) };
  }),
  { describe, test },
  { timeout: 180_000 },
);
