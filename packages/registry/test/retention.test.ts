import { isModelkeepError, type JsonObject, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Registry } from "../src/index.js";
import { append } from "../src/log.js";
import { Logs } from "../src/logs.js";
import type { RetentionPolicy } from "../src/retention-policy.js";
import { clockedStore } from "./support/clocked-store.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

const day = 86_400_000;
const reason = "not needed";

async function clocked(start = "2026-03-01T00:00:00.000Z") {
  const store = clockedStore(start);
  const registry = await openLines(store, { clock: () => new Date(store.now) });
  const pass = (days: number) => (store.now += days * day);
  return { store, registry, pass };
}

async function save(registry: Registry, count: number, name = "lines"): Promise<void> {
  for (let at = 0; at < count; at++) await registry.save(name, { model: new Line(at), again: true });
}

describe("what a policy promises", () => {
  it("keeps a version for years, by the calendar, and then lets it go", async () => {
    const { registry, pass } = await clocked();
    await registry.retention.set("lines", { keep: { years: 10 } }).catch(() => undefined);
    await save(registry, 1);
    await registry.retention.set("lines", { keep: { years: 10 } });
    pass(10 * 365 - 0.01); // Three leap days short of ten years.
    await expect(registry.retention.delete("lines@1", { reason })).rejects.toMatchObject({
      code: "conflict",
      message: expect.stringContaining("until 2036-03-01") as string,
    });
    pass(3.02);
    await registry.retention.delete("lines@1", { reason });
    expect((await registry.show("lines")).versions[0]).toMatchObject({ status: "deleted", deletion: { reason } });
  });

  it("keeps the newest, those that are not deleted", async () => {
    const { registry } = await clocked();
    await save(registry, 1);
    await registry.retention.set("lines", { keep: { last: 2 } });
    await save(registry, 3);
    await expect(registry.retention.delete("lines@3", { reason })).rejects.toMatchObject({ code: "conflict" });
    await registry.retention.delete("lines@2", { reason });
    await registry.retention.delete("lines@1", { reason });
    await expect(registry.retention.delete("lines@3", { reason })).rejects.toMatchObject({ code: "conflict" });
    await expect(registry.retention.delete("lines@4", { reason })).rejects.toMatchObject({ code: "conflict" });
  });

  it("keeps what was ever behind an alias, from when it left", async () => {
    const { registry, pass } = await clocked();
    await save(registry, 2);
    await registry.retention.set("lines", { keep: { aliased: { years: 7, aliases: ["production"] } }, delete: "rest" });
    await registry.alias("lines", "production", 1);
    await registry.alias("lines", "staging", 2);
    pass(2 * 365);
    await expect(registry.retention.delete("lines@1", { reason })).rejects.toMatchObject({
      message: expect.stringContaining(`the alias "production" points at`) as string,
    });
    await registry.alias("lines", "production", null);
    await registry.alias("lines", "staging", null);
    pass(7 * 365 - 1);
    const shown = await registry.retention.preview();
    expect(shown.delete.map(({ reference }) => reference)).toEqual(["lines@2"]);
    await expect(registry.retention.delete("lines@1", { reason })).rejects.toMatchObject({
      message: expect.stringContaining("what was ever behind production is kept for 7 years") as string,
    });
    pass(4);
    await registry.retention.delete("lines@1", { reason });
  });

  it("is never taken back: a shorter policy, or none, holds for later versions only", async () => {
    const { registry, pass } = await clocked();
    await save(registry, 1);
    await registry.retention.set("lines", { keep: { years: 10 } });
    await registry.retention.set("lines", { keep: { years: 1 } });
    await save(registry, 1);
    await registry.retention.set("lines", null);
    await save(registry, 1);
    const until = (await registry.retention.show("lines")).versions.map(({ keptUntil }) => keptUntil?.slice(0, 10));
    expect(until).toEqual(["2036-03-01", "2027-03-01", undefined]);
    pass(366);
    await expect(registry.retention.delete("lines@1", { reason })).rejects.toMatchObject({ code: "conflict" });
    await registry.retention.delete("lines@2", { reason });
    await registry.retention.delete("lines@3", { reason });
    // A longer one reaches those that are there.
    await registry.retention.set("lines", { keep: { years: 20 } });
    expect((await registry.retention.show("lines")).versions[0]!.keptUntil).toMatch(/^2046-03-01/u);
  });

  it("does not stand in the way of what nothing was promised of", async () => {
    const { registry } = await clocked();
    await save(registry, 2);
    await registry.retention.delete("lines@1", { reason });
    await expect(registry.retention.delete("lines@2", { reason: " " })).rejects.toMatchObject({ code: "conflict" });
  });

  it("only ever grows, whatever comes in whatever order", async () => {
    const years = fc.integer({ min: 1, max: 5 });
    const policy: fc.Arbitrary<RetentionPolicy | null> = fc.oneof(
      fc.constant(null),
      fc.record({ keep: fc.record({ years }) }),
      fc.record({ keep: fc.record({ aliased: fc.record({ years }) }) }),
      fc.record({ keep: fc.record({ years, aliased: fc.record({ years }) }) }),
    );
    const step = fc.oneof(
      policy.map((policy) => ({ policy })),
      fc.record({ alias: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ days: fc.integer({ min: 1, max: 800 }) }),
      fc.record({ delete: fc.integer({ min: 1, max: 3 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 15 }), async (steps) => {
        const { registry, pass, store } = await clocked();
        await save(registry, 3);
        const promised = new Map<number, string>();
        for (const step of steps) {
          if ("policy" in step) await registry.retention.set("lines", step.policy);
          if ("alias" in step) await registry.alias("lines", "live", step.alias).catch(conflict);
          if ("days" in step) pass(step.days);
          // What was promised at any time still holds.
          const kept = (version: number) => Date.parse(promised.get(version) ?? "1970-01-01") > store.now;
          const doomed = "delete" in step ? step.delete : 0;
          const call = registry.retention.delete(`lines@${doomed}`, { reason });
          const deleted = await call.then(
            () => true,
            () => false,
          );
          expect(deleted && kept(doomed)).toBe(false);
          const { versions } = await registry.retention.show("lines", { at: new Date(store.now) });
          for (const { version, keptUntil, reasons } of versions) {
            const serves = reasons.some((reason) => reason.endsWith("after it has left"));
            const grown = serves || (keptUntil ?? "") >= (promised.get(version) ?? "");
            expect(kept(version) && !grown, `version ${version}`).toBe(false);
            if (keptUntil !== undefined) promised.set(version, keptUntil);
          }
        }
      }),
      { numRuns: process.env["MODELKEEP_RELIABILITY"] === undefined ? 60 : 3000 },
    );
  });

  it("refuses a policy that it does not understand", async () => {
    const { registry } = await clocked();
    await save(registry, 1);
    for (const policy of [
      { keep: { year: 3 } },
      { keep: { years: 0 } },
      { keep: { years: Number.NaN } },
      { keep: { last: 1.5 } },
      { keep: { aliased: { years: 3, aliases: [] } } },
      { archive: { afterDays: 3 } },
      { delete: "all" },
      { keep: [], forever: true },
    ])
      await expect(registry.retention.set("lines", policy as never), JSON.stringify(policy)).rejects.toThrow(TypeError);
  });
});

describe("a hold", () => {
  it("stops deletion by anybody, by any of several names, on a version or the whole model", async () => {
    const { registry, store } = await clocked();
    await save(registry, 2);
    await registry.retention.hold("lines@1", "case-17", { reason: "subpoena" });
    await registry.retention.hold("lines@1", "case-18", { reason: "audit", releasers: ["eve"] });
    await registry.retention.hold("lines", "all", { reason: "merger", releasers: ["*"] });
    await expect(registry.retention.hold("lines", "all", { reason: "again" })).rejects.toMatchObject({
      code: "conflict",
    });
    const eve = await openLines(store, { actor: "eve" });
    const refused = { code: "conflict", message: expect.stringContaining("the hold") as string };
    for (const who of [registry, eve])
      for (const reference of ["lines@1", "lines@2"])
        await expect(who.retention.delete(reference, { reason })).rejects.toMatchObject(refused);
    await eve.retention.release("lines", "all");
    await registry.retention.delete("lines@2", { reason });
    await expect(eve.retention.release("lines@1", "case-17")).rejects.toMatchObject({ code: "conflict" });
    await eve.retention.release("lines@1", "case-18", { reason: "closed" });
    await expect(registry.retention.delete("lines@1", { reason })).rejects.toMatchObject(refused);
    await expect(registry.retention.deleteModel("lines", { reason })).rejects.toMatchObject(refused);
    expect((await registry.show("lines")).versions[1]!.holds).toMatchObject([{ name: "case-17", reason: "subpoena" }]);
    await registry.retention.release("lines@1", "case-17");
    await registry.retention.delete("lines@1", { reason });
    expect((await registry.show("lines")).voids).toEqual([]);
  });
});

describe("a deleted version", () => {
  it("leaves its tombstone, manifest and history, and takes no byte from others", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    const first = await registry.save("lines", { model: new Line(1), labels: ["v1"] });
    await registry.save("other", { model: new Line(1) });
    await registry.save("lines", { model: new Line(2) });
    await registry.retention.delete("lines@v1", { reason: "a mistake" });
    const { removed } = await registry.collectGarbage({ graceSeconds: 0 });
    expect(removed).toBe(0); // What it held is held by the other model too.
    await registry.retention.delete("other@1", { reason });
    expect((await registry.collectGarbage({ graceSeconds: 0 })).removed).toBe(1);

    const gone = { code: "deleted", message: expect.stringContaining("by ada: a mistake") as string };
    await expect(registry.load("lines@1")).rejects.toMatchObject(gone);
    await expect(registry.verify("lines@v1")).rejects.toMatchObject(gone);
    await expect(registry.retention.delete("lines@1", { reason })).rejects.toMatchObject(gone);
    const envelope = await registry.open("lines@1");
    expect(envelope.digest).toBe(first.digest);
    await expect(envelope.payload(envelope.manifest.payloads[0]!.path)!.bytes()).rejects.toMatchObject(gone);
    await expect(registry.copy("lines@1", await openLines())).rejects.toMatchObject(gone);

    // Neither number nor label come back, and the same content is a new version.
    expect(await registry.save("lines", { model: new Line(1) })).toMatchObject({ version: 3, existing: false });
    await expect(registry.label("lines", 2, ["v1"])).rejects.toMatchObject({ code: "conflict" });
    await expect(registry.alias("lines", "production", 1)).rejects.toMatchObject({ code: "conflict" });
    for (const change of ["activate", "archive", "deprecate"] as const)
      await expect(registry[change]("lines", 1)).rejects.toMatchObject({ code: "conflict" });
    expect((await registry.history("lines")).map(({ kind }) => kind)).toEqual([
      "version",
      "version",
      "status",
      "version",
    ]);
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, versions: 2 });
    for await (const { key } of store.list(`models/lines/manifests/${first.digest.slice(7)}`)) await store.delete(key);
    expect((await registry.check()).problems).toMatchObject([{ where: "lines@1", code: "not_found" }]);
  });

  it("stays readable for the grace period", async () => {
    const { store, registry, pass } = await clocked();
    await save(registry, 2);
    pass(2);
    await registry.retention.delete("lines@1", { reason });
    expect(await registry.collectGarbage()).toMatchObject({ removed: 0 });
    pass(1.1);
    expect(await registry.collectGarbage()).toMatchObject({ removed: 1 });
    for await (const { key } of store.list("condemned/")) expect(key).toBeUndefined();
  });
});

describe("garbage collection", () => {
  it("frees nothing because of an entry that leads to a model of others", async () => {
    const { store, registry } = await clocked();
    await registry.save("lines", { model: new Line(1) });
    await registry.save("other", { model: new Line(2) });
    await change({ store, kind: "renamed", change: { to: "other" } });
    expect(await registry.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 0 });
    expect(await registry.check({ full: true })).toMatchObject({ versions: 2 });
  });

  it("frees the bytes of a model that was renamed, once it is deleted", async () => {
    const { store, registry } = await clocked();
    await registry.save("lines", { model: new Line(1) });
    await registry.rename("lines", "curves");
    await registry.retention.deleteModel("curves", { reason });
    expect((await registry.collectGarbage({ graceSeconds: 0 })).removed).toBeGreaterThan(0);
    for await (const { key } of store.list("blobs/")) expect(key).toBeUndefined();
  });
});

/** An entry past all that a client checks before it writes. */
async function change({ store, kind, change }: { store: Store; kind: string; change: JsonObject }): Promise<void> {
  const context = { store, clock: () => new Date(), sleep: () => Promise.resolve() };
  const record = await new Logs(store).current("lines");
  await append(context, record, { name: "mallory" }, () => ({ kind, critical: true, change }));
}

describe("a deleted model", () => {
  it("keeps its name, under each of its names", async () => {
    const { registry, pass } = await clocked();
    await save(registry, 2);
    await registry.retention.set("lines", { keep: { years: 1, last: 5 } });
    await registry.rename("lines", "curves");
    await expect(registry.retention.deleteModel("curves", { reason })).rejects.toMatchObject({ code: "conflict" });
    pass(366);
    await registry.alias("curves", "production", 2);
    await expect(registry.retention.deleteModel("curves", { reason })).rejects.toMatchObject({ code: "conflict" });
    await registry.alias("curves", "production", null);
    await registry.retention.deleteModel("lines", { reason: "shut down" });
    const gone = { code: "deleted", message: expect.stringContaining("shut down") as string };
    for (const name of ["curves", "lines"]) {
      await expect(registry.save(name, { model: new Line(9) })).rejects.toMatchObject(gone);
      await expect(registry.retention.deleteModel(name, { reason })).rejects.toMatchObject(gone);
    }
    await expect(registry.tag("curves", undefined, { a: "b" })).rejects.toMatchObject({ code: "conflict" });
    await expect(registry.save("Curves", { model: new Line(9) })).rejects.toMatchObject({ code: "already_exists" });
    expect(await registry.show("curves")).toMatchObject({
      deletion: { reason: "shut down" },
      versions: [{ status: "deleted" }, {}],
    });
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, versions: 0 });
  });
});

describe("apply", () => {
  it("does what the preview showed, says why, and can be run again", async () => {
    const { registry, pass } = await clocked();
    await save(registry, 6);
    await registry.retention.set("lines", { keep: { years: 1, last: 2 }, delete: "rest" });
    await registry.alias("lines", "production", 3);
    await registry.retention.hold("lines@1", "case", { reason: "audit" });
    expect((await registry.retention.preview()).delete).toEqual([]);
    pass(400);
    const preview = await registry.retention.preview();
    expect(preview.delete.map(({ version }) => version)).toEqual([2, 4]);
    expect(preview).toMatchObject({ models: 1, kept: 4, archive: [] });
    expect((await registry.retention.show("lines")).versions.map(({ reasons }) => reasons[0])).toEqual([
      'the hold "case" is on it (audit)',
      "every promise of it has ended, and no hold or alias is on it",
      'the alias "production" points at it',
      "every promise of it has ended, and no hold or alias is on it",
      "it is one of the newest 2 versions",
      "it is one of the newest 2 versions",
    ]);
    await registry.retention.hold("lines@4", "late", { reason: "came after the preview" });
    const applied = await registry.retention.apply({ preview });
    expect(applied.deleted.map(({ reference }) => reference)).toEqual(["lines@2"]);
    expect(await registry.retention.apply()).toEqual({ deleted: [], archived: [], failed: [] });
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, versions: 5 });
  });
});

function conflict(error: unknown): void {
  if (!isModelkeepError(error, "conflict")) throw error;
}
