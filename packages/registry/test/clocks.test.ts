import { expect, it } from "vitest";

import { writeEntry } from "../src/entry.js";
import { logKey } from "../src/keys.js";
import { Logs } from "../src/logs.js";
import { type ClockedStore, clockedStore } from "./support/clocked-store.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

const year = 366 * 86_400_000;
const reason = "the clock says so";

/** A client whose own clock is off by so many years from the store's and runs backwards, a second with each look. */
function client(store: ClockedStore, years: number) {
  let looks = 0;
  return openLines(store, { clock: () => new Date(store.now + years * year - ++looks * 1000) });
}

it.each([10, -10, 0])("no client's clock shortens or lengthens retention: %s years off", async (years) => {
  const store = clockedStore("2026-03-01T00:00:00.000Z");
  const good = await openLines(store, { clock: () => new Date(store.now) });
  const wrong = await client(store, years);
  await good.save("lines", { model: new Line(1) });
  await good.retention.set("lines", { keep: { years: 5, aliased: { years: 8 } } });
  await wrong.save("lines", { model: new Line(2) });
  await wrong.save("lines", { model: new Line(3) });
  store.now += 3600_000;
  const late = await client(store, years);
  await late.alias("lines", "live", 3);
  store.now += year;
  const later = await client(store, years);
  await later.alias("lines", "live", null);
  for (const registry of [good, wrong, later])
    for (const version of [1, 2, 3])
      await expect(registry.retention.delete(`lines@${version}`, { reason })).rejects.toMatchObject({
        code: "conflict",
      });
  await expect(wrong.retention.deleteModel("lines", { reason })).rejects.toMatchObject({ code: "conflict" });
  const until = async () =>
    (await good.retention.show("lines")).versions.map(({ keptUntil }) => keptUntil?.slice(0, 7));
  expect(await until()).toEqual(["2031-03", "2031-03", "2035-03"]);
  store.now = Date.parse("2031-03-02T00:00:00.000Z");
  // Now, by the store's clock, the promises have ended, whoever asks.
  await wrong.retention.delete("lines@1", { reason });
  await good.retention.delete("lines@2", { reason });
  await expect(wrong.retention.delete("lines@3", { reason })).rejects.toMatchObject({ code: "conflict" });
});

it("a deletion that claims to come from the future is void for every reader, and harms nothing else", async () => {
  const store = clockedStore("2026-03-01T00:00:00.000Z");
  const registry = await openLines(store, { clock: () => new Date(store.now) });
  await registry.save("lines", { model: new Line(1) });
  await registry.retention.set("lines", { keep: { years: 10 } });
  const record = await new Logs(store).current("lines");
  const change = { version: 1, status: "deleted", reason };
  let { head, length } = record;
  for (const [kind, storeTime] of [
    ["status", "2099-01-01T00:00:00.000Z"],
    ["status", undefined],
    ["model_deleted", "2099-01-01T00:00:00.000Z"],
  ] as const) {
    const { entry, bytes } = writeEntry(
      {
        format: "modelkeep.log/1",
        model: "lines",
        number: ++length,
        id: `01KJMMA2G06Q9ZKH5FZW6300H${length}`,
        kind,
        critical: true,
        previous: head,
        time: "2099-01-01T00:00:00.000Z",
        ...(storeTime !== undefined && { storeTime }),
        actor: { name: "mallory" },
        change,
      },
      {},
    );
    await store.put(logKey("lines", length), bytes, { if: "absent" });
    head = entry.digest;
  }
  const reader = await openLines(store, { clock: () => new Date(store.now) });
  const { versions, voids } = await reader.show("lines");
  expect(versions).toMatchObject([{ status: "active" }]);
  expect(voids.map(({ reason }) => reason)).toEqual([
    expect.stringContaining("version 1 cannot be deleted") as string,
    expect.stringContaining("what time it was by the store's clock") as string,
    expect.stringContaining("version 1 cannot be deleted") as string,
  ]);
  // The model goes on; what is registered now is kept from now on, not from 2099.
  await reader.save("lines", { model: new Line(2) });
  expect((await reader.retention.show("lines")).versions[1]!.keptUntil).toMatch(/^2036-03-01/u);
  expect(await reader.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 0 });
  expect(await reader.check({ full: true })).toMatchObject({ ok: true, versions: 2 });
});
