import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { backends, titleOf } from "./support/backends.js";
import { count } from "./support/counts.js";
import { keepLoad } from "./support/keep-load.js";
import { openLines } from "./support/registry.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";

/** Operations and collections by store: in full where it can be awaited, in part on a server. */
const loads: Readonly<Record<string, readonly [operations: number, collections: number]>> = thorough
  ? { memory: [100_000, 500], fs: [100_000, 500], sqlite: [100_000, 500], s3: [3000, 20], postgres: [10_000, 50] }
  : { memory: [600, 8], fs: [200, 4], sqlite: [200, 4], s3: [100, 2], postgres: [100, 2] };

const kinds = ["save", "delete", "copy", "archive", "restore"];
const title = "saves, copies, moves and deletions beside garbage collections";
/** Servers are where MODELKEEP_TEST_S3_BUCKET and MODELKEEP_TEST_POSTGRES say. */
for (const backend of backends)
  describe.skipIf(backend.needs !== undefined)(`${title}: ${titleOf(backend)}`, () => {
    const { name } = backend;
    const [operations, collections] = loads[name]!;

    // Collections list everything, which files take long for: an hour is not enough on a busy machine.
    it("lose nothing", { timeout: 4 * 3_600_000 }, async () => {
      const places = await backend.prepare([]);
      const place = await places.make();
      const [store, cold] = [place.open(), memoryStore()];
      const models = Math.max(10, operations / 250);
      const { witness, done } = await keepLoad(store, cold, { seed: 1 + name.length, operations, collections, models });
      expect(witness.fault).toBeUndefined();
      expect(done["collection"]).toBe(collections);
      // In a short run not every kind of operation need have come up.
      const expected = operations < 500 ? ["save"] : [...kinds, "object removed"];
      for (const kind of expected) expect(done[kind], kind).toBeGreaterThan(0);
      count("operations", operations);
      count("collections", collections);
      count("objects removed", done["object removed"] ?? 0);
      const after = await openLines(store, { archives: { cold } });
      const report = await after.check({ full: true });
      expect(report).toMatchObject({ problems: [], voids: [], archived: 0 });
      const living = witness.versions().filter(({ version }) => version.status !== "deleted");
      expect(report.versions).toBe(living.length);
      await place.dispose();
      await places.dispose();
    });
  });
