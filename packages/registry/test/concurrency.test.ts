import { isModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import type { Registry } from "../src/index.js";
import { openLines } from "./support/registry.js";
import { random, Scheduler } from "./support/scheduler.js";
import { Line } from "./support/toy.js";

const seeds = process.env["MODELKEEP_RELIABILITY"] === undefined ? 60 : 3000;

describe("many clients on one store, in seeded orders", () => {
  it(`loses no version to garbage collection: ${seeds} orders`, async () => {
    for (let seed = 1; seed <= seeds; seed++) {
      const store = memoryStore();
      const pick = random(seed * 7919);
      const scheduler = new Scheduler(seed);
      const own = await Promise.all([0, 1, 2, 3, 4].map((index) => reopen(store, scheduler, index)));
      // What a crash left: the first blobs that saves will find, unreferenced.
      const first = await openLines(store);
      await first.save("other", { model: new Line(1) });
      for await (const { key } of store.list("models/other/")) await store.delete(key);

      const acknowledged: { name: string; version: number; content: string }[] = [];
      const save = async (registry: Registry) => {
        const name = pick() < 0.5 ? "a" : "b";
        const { version, content } = await registry.save(name, {
          model: new Line(1 + Math.floor(pick() * 2)),
          again: pick() < 0.5,
        });
        acknowledged.push({ name, version, content });
      };
      const results = await scheduler.run([
        ...own.slice(0, 3).map((registry) => async () => {
          await save(registry);
          await save(registry);
        }),
        ...own.slice(3).map((registry) => async () => {
          await registry.collectGarbage({ graceSeconds: 0 });
          await registry.collectGarbage({ graceSeconds: 0 });
        }),
      ]);
      for (const result of results) if (result.status === "rejected") throw result.reason;
      const after = await openLines(store);
      const report = await after.check({ full: true });
      expect(report.problems, `seed ${seed}`).toEqual([]);
      for (const { name, version, content } of acknowledged)
        expect((await after.resolve(`${name}@${version}`)).content, `seed ${seed}`).toBe(content);
    }
  });

  it(`loses no move of an alias, and makes none twice: ${seeds} orders`, async () => {
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

/** A client whose every operation waits for its turn; opening it does not. */
async function reopen(store: Store, scheduler: Scheduler, index: number): Promise<Registry> {
  let current = store;
  const switching: Store = {
    name: store.name,
    supports: store.supports,
    head: (...args) => current.head(...args),
    get: (...args) => current.get(...args),
    put: (...args) => current.put(...args),
    delete: (...args) => current.delete(...args),
    list: (...args) => current.list(...args),
  };
  const registry = await openLines(switching, { actor: `client ${index}`, sleep: () => scheduler.turn(index) });
  current = scheduler.store(store, index);
  return registry;
}
