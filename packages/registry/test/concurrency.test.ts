import { isModelkeepError } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { count } from "./support/counts.js";
import { openLines } from "./support/registry.js";
import { reopen, saveWhileCollecting } from "./support/save-while-collecting.js";
import { Scheduler } from "./support/scheduler.js";
import { Line } from "./support/toy.js";

const seeds = process.env["MODELKEEP_RELIABILITY"] === "full" ? 3000 : 60;

describe("many clients on one store, in seeded orders", () => {
  it(`loses no version to garbage collection: ${seeds} orders`, { timeout: 3_600_000 }, async () => {
    for (let seed = 1; seed <= seeds; seed++) await saveWhileCollecting(seed);
    count("orders", seeds);
  });

  it(`loses no move of an alias, and makes none twice: ${seeds} orders`, async () => {
    count("orders", seeds);
    for (let seed = 1; seed <= seeds; seed++) {
      const store = memoryStore();
      const scheduler = new Scheduler(seed);
      const setup = await openLines(store);
      for (const slope of [1, 2, 3]) await setup.save("lines", { model: new Line(slope) });
      await setup.alias("lines", "live", 1);
      const registries = await Promise.all([0, 1, 2, 3].map((index) => reopen(store, scheduler, index)));
      let moved = 0;
      let refused = 0;
      await scheduler.run(
        registries.map((registry) => async () => {
          for (let round = 0; round < 3; round++) {
            const now = (await registry.show("lines")).aliases["live"]!;
            try {
              const result = await registry.alias("lines", "live", (now % 3) + 1, { expect: now });
              expect(result.previous).toBe(now);
              moved++;
            } catch (error) {
              if (!isModelkeepError(error, "conflict")) throw error;
              refused++;
            }
          }
        }),
      );
      expect(moved + refused).toBe(12);
      const { moves } = await setup.show("lines");
      expect(moves["live"], `seed ${seed}`).toHaveLength(moved + 1);
      const path = moves["live"]!.map((move) => move.version!);
      expect(path.every((version, at) => at === 0 || version === (path[at - 1]! % 3) + 1)).toBe(true);
    }
  });

  it(`gives a name, in whatever spelling, to one model alone: ${seeds} orders`, async () => {
    count("orders", seeds);
    for (let seed = 1; seed <= seeds; seed++) {
      const store = memoryStore();
      const scheduler = new Scheduler(seed);
      const setup = await openLines(store);
      for (const name of ["old", "older"]) await setup.save(name, { model: new Line(1) });
      const [first, second, third, fourth] = await Promise.all(
        [0, 1, 2, 3].map((index) => reopen(store, scheduler, index)),
      );
      const results = await scheduler.run<unknown>([
        () => first!.save("lines", { model: new Line(2) }),
        () => second!.save("Lines", { model: new Line(3) }),
        () => third!.rename("old", "lines"),
        () => fourth!.rename("older", "Lines"),
      ]);
      // A conflict: the rename that took the name has not come to its entry yet.
      const reasons = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
      const codes = ["already_exists", "conflict"];
      expect(reasons.filter((reason) => !codes.some((code) => isModelkeepError(reason, code)))).toEqual([]);
      const names = (await setup.list()).items.map(({ name }) => name);
      expect(
        names.filter((name) => name.toLowerCase() === "lines"),
        `seed ${seed}`,
      ).toHaveLength(1);
      expect(await setup.check({ full: true }), `seed ${seed}`).toMatchObject({ ok: true, voids: [] });
      // Of one spelling both may succeed: what is saved then comes before or after the history that was renamed.
      const [winner] = names.filter((name) => name.toLowerCase() === "lines");
      const succeeded = results.flatMap(({ status }, index) => (status === "fulfilled" ? [index] : []));
      expect(succeeded.length).toBeGreaterThan(0);
      expect(succeeded.every((index) => (index % 2 === 0) === (winner === "lines"))).toBe(true);
    }
  });

  it("gives every writer a number of its own", async () => {
    const store = memoryStore();
    const registries = await Promise.all(Array.from({ length: 32 }, () => openLines(store)));
    const saved = await Promise.all(
      registries.map((registry, index) => registry.save("lines", { model: new Line(index) })),
    );
    expect(saved.map((each) => each.version).toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 32 }, (_, index) => index + 1),
    );
    expect(await registries[0]!.check({ full: true })).toMatchObject({ ok: true, versions: 32 });
  });
});
