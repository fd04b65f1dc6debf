import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";
import { memoryStore } from "../src/index.js";

runSuite(
  storeSuite(() => ({ store: memoryStore() })),
  { describe, test },
);
