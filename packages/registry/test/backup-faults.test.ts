import { memoryStore } from "@modelkeep/store-memory";
import { faulty, type StoreFault } from "@modelkeep/testkit";
import { describe, expect, it } from "vitest";

import { backupRegistry, copyRegistry, restoreRegistry } from "../src/index.js";
import { changed, keysWith, lasting, prepared } from "./support/backups.js";
import { count } from "./support/counts.js";
import { openLines } from "./support/registry.js";

const faults: readonly StoreFault[] = ["fails", "unanswered", "lost", "late", "crashes before", "crashes after"];

describe("a fault at any store operation", () => {
  it.each(faults)(
    "of a backup: %s",
    async (fault) => {
      const original = await prepared();
      const total = async (end: "from" | "to") => {
        const counting = faulty(end === "from" ? original : memoryStore());
        await (end === "from" ? backupRegistry(counting, memoryStore()) : backupRegistry(original, counting));
        return counting.operations.length;
      };
      for (const end of ["from", "to"] as const)
        for (let nth = 1, last = await total(end); nth <= last; nth++) {
          const to = memoryStore();
          const done = await (
            end === "from"
              ? backupRegistry(faulty(original, { fault, at: nth }), to)
              : backupRegistry(original, faulty(to, { fault, at: nth }))
          ).then(
            () => true,
            () => false,
          );
          const where = `${fault} at ${nth} of ${last} of the ${end} store`;
          const problems = (await (await openLines(to, { readOnly: true })).check({ full: true })).problems;
          expect(
            problems.filter(({ where }) => where !== "registry.json"),
            where,
          ).toEqual([]);
          const answered = done ? await lasting(to) : await lasting(original);
          expect(answered, where).toEqual(await lasting(original));
          await backupRegistry(original, to);
          count("faults");
          expect(await lasting(to), where).toEqual(await lasting(original));
        }
    },
    60_000,
  );

  it.each(faults)(
    "of a restore with repair: %s",
    async (fault) => {
      const backup = memoryStore();
      const original = await prepared();
      await backupRegistry(original, backup);
      const damagedCopy = async () => {
        const store = memoryStore();
        await copyRegistry(original, store);
        await changed(store, (await keysWith(store, ".gzip"))[0]!);
        await store.delete((await keysWith(store, "models/lines/manifests/"))[0]!);
        await changed(store, "models/lines/log/000000000002.json");
        return store;
      };
      const counting = faulty(await damagedCopy());
      await restoreRegistry(backup, counting, { repair: true });
      for (let nth = 1; nth <= counting.operations.length; nth++) {
        const store = await damagedCopy();
        await restoreRegistry(backup, faulty(store, { fault, at: nth }), { repair: true }).catch(() => undefined);
        await restoreRegistry(backup, store, { repair: true });
        count("faults");
        expect(await lasting(store), `${fault} at ${nth}`).toEqual(await lasting(original));
        expect(await (await openLines(store)).check({ full: true })).toMatchObject({ ok: true });
      }
    },
    60_000,
  );
});
