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
