import { memorySource, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { faulty } from "@modelkeep/testkit";
import { describe, expect, it } from "vitest";

import { openRegistry, type Registry } from "../src/index.js";
import { clockedStore } from "./support/clocked-store.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
const file = (encoding?: "gzip") => ({
  files: [{ ...memorySource("a.bin", bytes), ...(encoding && { encoding }) }],
  again: true,
});
const reason = "done with it";

async function keysOf(store: Store, prefix = "blobs/"): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix)) keys.push(key);
  return keys;
}

async function read(registry: Registry, reference: string): Promise<Uint8Array> {
  return (await registry.open(reference)).payload("a.bin")!.bytes();
}

describe("an archive that is a storage class of the store", () => {
  async function withClasses() {
    const store = clockedStore("2026-03-01T00:00:00.000Z", ["STANDARD", "COLD", "GLACIER"]);
    store.frozen.add("GLACIER");
    return { store, registry: await openLines(store, { clock: () => new Date(store.now) }) };
  }

  it("takes the files under new keys, and the old ones go with the next collection", async () => {
    const { store, registry } = await withClasses();
    await registry.save("lines", file());
    const [before] = await keysOf(store);
    await registry.retention.archive("lines@1", "COLD", { reason });
    expect((await registry.history("lines")).map(({ kind }) => kind)).toEqual(["version", "placed", "batch"]);
    expect(await registry.resolve("lines@1")).toMatchObject({ status: "archived", storage: "COLD", reason });
    expect(await keysOf(store)).toHaveLength(2);
    await registry.collectGarbage({ graceSeconds: 0 });
    const [after, ...more] = await keysOf(store);
    expect(more).toEqual([]);
    expect(after).not.toBe(before);
    expect(await store.head(after!)).toMatchObject({ storageClass: "COLD" });
    expect(await read(registry, "lines@1")).toEqual(bytes);
    await registry.retention.archive("lines@1", "COLD");
    expect(await registry.check({ full: true })).toMatchObject({ ok: true });
    // New versions of the same bytes do not lean on what is cold, and the manifest stays where it was.
    await registry.save("lines", file());
    expect((await keysOf(store)).length).toBe(2);
    expect(await keysOf(store, "models/lines/manifests/")).toHaveLength(2);
  });

  it("says how to go on where the bytes must be thawed first", async () => {
    const { store, registry } = await withClasses();
    await registry.save("lines", file());
    await registry.save("lines", file("gzip"));
    for (const version of [1, 2]) await registry.retention.archive(`lines@${version}`, "GLACIER");
    await registry.collectGarbage({ graceSeconds: 0 });
    for (const version of [1, 2]) {
      await expect(read(registry, `lines@${version}`)).rejects.toMatchObject({ code: "archived" });
      await expect(registry.retention.restore(`lines@${version}`)).rejects.toMatchObject({ code: "archived" });
    }
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, archived: 2, versions: 2 });
    store.frozen.clear();
    for (const version of [1, 2]) {
      await registry.retention.restore(`lines@${version}`, { reason: "asked for again" });
      expect(await read(registry, `lines@${version}`)).toEqual(bytes);
      expect(await registry.resolve(`lines@${version}`)).toMatchObject({ status: "active" });
      expect((await registry.resolve(`lines@${version}`)).storage).toBeUndefined();
    }
    await registry.collectGarbage({ graceSeconds: 0 });
    for (const key of await keysOf(store)) expect(await store.head(key)).toMatchObject({ storageClass: "STANDARD" });
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, versions: 2 });
  });

  it("is where a policy sends what nothing used for a time; the newest and what an alias points at stay", async () => {
    const { store, registry } = await withClasses();
    for (let slope = 1; slope <= 4; slope++) await registry.save("lines", { model: new Line(slope) });
    await registry.alias("lines", "production", 1);
    await registry.alias("lines", "staging", 2);
    await registry.retention.set("lines", {
      keep: { years: 5 },
      archive: { afterDays: 90, to: "COLD" },
      delete: "rest",
    });
    store.now += 80 * 86_400_000;
    await registry.alias("lines", "staging", null);
    // An hour more: reading the store's clock moves it a little.
    store.now += 20 * 86_400_000 + 3_600_000;
    const preview = await registry.retention.preview();
    expect(preview.archive).toMatchObject([
      { version: 3, to: "COLD", reasons: [expect.stringContaining("100 days ago")] },
    ]);
    const applied = await registry.retention.apply({ preview });
    expect(applied).toMatchObject({ archived: [{ version: 3 }], deleted: [], failed: [] });
    expect((await registry.retention.preview()).archive).toEqual([]);
    store.now += 80 * 86_400_000;
    expect((await registry.retention.preview()).archive).toMatchObject([{ version: 2 }]);
    await expect(registry.retention.archive("lines@1", "COLD")).rejects.toMatchObject({ code: "conflict" });
    await expect(registry.retention.archive("lines@2", "DEEP")).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining("STANDARD, COLD, GLACIER") as string,
    });
  });
});

describe("an archive that is another store", () => {
  it("is read through, is cleaned up, and is asked for by name where it is not open", async () => {
    const [store, cold] = [memoryStore(), memoryStore()];
    const registry = await openLines(store, { archives: { cold } });
    await registry.save("lines", file("gzip"));
    await registry.save("lines", file());
    await registry.save("lines", { model: new Line(2) });
    for (const version of [1, 2, 3]) await registry.retention.archive(`lines@${version}`, "cold");
    await registry.collectGarbage({ graceSeconds: 0 });
    expect(await keysOf(store)).toEqual([]);
    expect(await keysOf(cold)).toHaveLength(3);
    expect(await read(registry, "lines@1")).toEqual(bytes);
    expect(await read(registry, "lines@2")).toEqual(bytes);
    await using model = await registry.load("lines@3");
    expect(model.reference).toBe("lines@3");
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, archived: 0 });

    const without = await openLines(store);
    await expect(read(without, "lines@2")).rejects.toMatchObject({ code: "archived", details: { archive: "cold" } });
    expect(await without.check({ full: true })).toMatchObject({ ok: true, archived: 3 });
    expect(await without.check()).toMatchObject({ ok: true, archived: 3 });
    await without.retention.delete("lines@1", { reason });
    expect(await without.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 0 });
    expect(await registry.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 1 });
    expect(await keysOf(cold)).toHaveLength(2);

    await registry.retention.restore("lines@2");
    expect(await read(without, "lines@2")).toEqual(bytes);
    await registry.collectGarbage({ graceSeconds: 0 });
    expect(await keysOf(cold)).toHaveLength(1);
    for await (const { key } of store.list("condemned/")) expect(key).toBeUndefined();
  });

  it("belongs to one registry: another one neither writes there nor cleans up", async () => {
    const cold = memoryStore();
    const first = await openLines(memoryStore(), { archives: { cold } });
    const second = await openLines(memoryStore(), { archives: { cold } });
    for (const registry of [first, second]) await registry.save("lines", file());
    await first.retention.archive("lines@1", "cold");
    await expect(second.retention.archive("lines@1", "cold")).rejects.toMatchObject({ code: "conflict" });
    await second.collectGarbage({ graceSeconds: 0 });
    expect(await read(first, "lines@1")).toEqual(bytes);
    await expect(openRegistry({ store: memoryStore(), archives: { "a/b": cold } })).rejects.toMatchObject({
      code: "invalid_name",
    });
  });

  it("never loses the last place to an entry that gives it up", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    await registry.save("lines", file());
    const { Logs } = await import("../src/logs.js");
    const { append } = await import("../src/log.js");
    const record = await new Logs(store).current("lines");
    const context = { store, clock: () => new Date(), sleep: () => Promise.resolve() };
    const [digest, keys] = [...record.versions.get(1)!.placement].find(([, [key]]) => key!.startsWith("blobs/"))!;
    const move = (placement: Readonly<Record<string, readonly string[]>>, kind = "moved") =>
      append(context, record, { name: "mallory" }, () => ({ kind, critical: true, change: { version: 1 }, placement }));
    await expect(move({ [digest]: keys })).rejects.toMatchObject({ code: "conflict" });
    // A place that does not exist does not stand in for one that does.
    const moved = await move({ [digest]: ["blobs/sha256/nowhere"] }, "placed");
    await append(context, moved.record, { name: "mallory" }, () => ({
      kind: "moved",
      critical: true,
      change: { version: 1 },
      placement: { [digest]: keys },
    }));
    expect(await registry.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 0 });
    expect(await store.head(keys[0]!)).toBeDefined();
  });
});

describe("a fault at every operation of a move", () => {
  const kinds = ["fails", "unanswered", "lost", "late", "crashes before", "crashes after", "short", "flipped"] as const;
  it.each(
    kinds.flatMap((fault) => [
      { fault, hits: "store" },
      { fault, hits: "archive" },
    ]),
  )("that $fault leaves every version whole: $hits", async ({ fault, hits }) => {
    for (let at = 1; ; at++) {
      const [store, cold] = [memoryStore(), memoryStore()];
      await (await openLines(store)).save("lines", file());
      const broken = faulty(hits === "store" ? store : cold, { fault, at });
      const open =
        hits === "store" ? openLines(broken, { archives: { cold } }) : openLines(store, { archives: { cold: broken } });
      const outcome = await open
        .then((registry) => registry.retention.archive("lines@1", "cold"))
        .then(
          () => "done",
          () => "failed",
        );
      const after = await openLines(store, { archives: { cold } });
      const where = `operation ${at}: ${outcome}`;
      expect(await after.check({ full: true }), where).toMatchObject({ ok: true, versions: 1 });
      await after.collectGarbage({ graceSeconds: 0 });
      await after.retention.archive("lines@1", "cold");
      // What was left under a lease is spared while that lasts.
      for (const key of await keysOf(store, "leases/")) await store.delete(key);
      await after.collectGarbage({ graceSeconds: 0 });
      expect(await read(after, "lines@1"), where).toEqual(bytes);
      expect(await keysOf(store), where).toEqual([]);
      expect(await keysOf(cold), where).toHaveLength(1);
      if (!broken.struck()) return;
    }
  });
});
