import { describe, test } from "node:test";

import { runSuite, storeSuite } from "@modelkeep/testkit";

import { exampleStore, memoryDatabase } from "../src/index.js";

// An empty store for each case. For a real database: a prefix or a schema of its own, removed by dispose.
runSuite(
  storeSuite(async () => ({ store: exampleStore(memoryDatabase()), dispose: () => undefined })),
  { describe, test },
);
