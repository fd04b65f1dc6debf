import { memoryStore } from "@modelkeep/store-memory";
import { randomNumbers, skewedClock, staleLists } from "@modelkeep/testkit";
import { describe, expect, it } from "vitest";

import { count } from "./support/counts.js";
import { expectKept } from "./support/expect-kept.js";
import { operations, prepared } from "./support/operations.js";
import { fill } from "./support/backends.js";
import { openLines } from "./support/registry.js";
import { saveWhileCollecting } from "./support/save-while-collecting.js";
import { Line } from "./support/toy.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
const orders = thorough ? 3000 : 60;
const jumps = thorough ? 1000 : 40;
const tenYears = 10 * 365 * 86_400_000;

describe("clocks that jump by years", () => {
  it(`of the store: saves beside collections lose nothing, ${jumps} orders`, { timeout: 3_600_000 }, async () => {
    for (let seed = 1; seed <= jumps; seed++) {
      const pick = randomNumbers(seed);
      const store = skewedClock(memoryStore(), () => Math.round((pick() - 0.5) * 2 * tenYears));
      await saveWhileCollecting(seed, { store });
    }
    count("orders", jumps);
  });

  it(`of the clients: saves beside collections lose nothing, ${jumps} orders`, { timeout: 3_600_000 }, async () => {
    for (let seed = 1; seed <= jumps; seed++) {
      const pick = randomNumbers(seed);
      const clock = () => new Date(Date.now() + Math.round((pick() - 0.5) * 2 * tenYears));
      await saveWhileCollecting(seed, { options: () => ({ clock }) });
    }
    count("orders", jumps);
  });

  it("of a client: a history never goes back in time", async () => {
    const times = ["2036-01-01", "2016-01-01", "2026-01-01"].map((time) => new Date(time));
    const store = memoryStore();
    for (const [slope, time] of times.entries()) {
      const registry = await openLines(store, { clock: () => time });
      await registry.tag((await registry.save("m", { model: new Line(slope) })).name, undefined, {
        slope: String(slope),
      });
    }
    const registry = await openLines(store);
    const entries = (await registry.history("m")).map(({ time }) => time);
    expect(entries).toEqual(entries.toSorted());
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, versions: 3 });
  });
});

describe("listings that lag behind", () => {
  it(`saves beside collections lose nothing, ${orders} orders`, { timeout: 3_600_000 }, async () => {
    for (let seed = 1; seed <= orders; seed++)
      await saveWhileCollecting(seed, { store: staleLists(memoryStore(), seed % 40) });
    count("orders", orders);
  });

  it.each(operations.filter(({ done, lists }) => done !== undefined && lists !== true))(
    "$name",
    async ({ run, done }) => {
      const objects = await prepared();
      for (let lag = 1; lag < objects.length + 10; lag++) {
        const beneath = memoryStore();
        const store = staleLists(beneath, lag);
        await fill(store, objects);
        await run(await openLines(store));
        const after = await openLines(beneath);
        expect(await done!(after), `lag ${lag}`).toBe(true);
        expect(await after.check({ full: true }), `lag ${lag}`).toMatchObject({ ok: true });
        await expectKept(after, `lag ${lag}`);
      }
    },
  );
});
