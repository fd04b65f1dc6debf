import { memorySource } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { copyRegistry } from "../src/index.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const samples = { inputs: lineInputs(0, 1) };

describe("check", () => {
  it("finds what is missing, changed, cut or not reserved", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    const bytes = Uint8Array.from({ length: 5000 }, (_, index) => index % 251);
    await registry.save("a", { files: [memorySource("a.bin", bytes)] });
    await registry.save("b", { model: new Line(2), samples });
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, models: 2, versions: 2, payloads: 4 });

    const blobs = [];
    for await (const info of store.list("blobs/")) blobs.push(info);
    const { key } = blobs.find(({ size }) => size === 5000)!;
    const changed = bytes.slice();
    changed[4999]! ^= 1;
    await store.put(key, changed);
    expect((await registry.check()).ok).toBe(true);
    expect((await registry.check({ full: true })).problems).toMatchObject([
      { where: "a@1 a.bin", code: "digest_mismatch" },
    ]);
    await store.put(key, bytes.subarray(1));
    expect((await registry.check()).problems).toMatchObject([{ where: "a@1", code: "size_mismatch" }]);
    await store.delete(key);
    expect((await registry.check()).problems).toMatchObject([{ where: "a@1", code: "not_found" }]);
    await store.put(key, bytes);
    await store.delete("names/a");
    expect((await registry.check()).problems).toMatchObject([{ where: "a", code: "not_found" }]);
    await store.delete("models/b/log/000000000001.json");
    await registry.save("b", { model: new Line(5) }).catch(() => undefined);
    expect((await registry.check()).ok).toBe(false);
  });

  it("tells what the store finds wrong with itself", async () => {
    const faulty = { ...memoryStore(), faults: async () => ["row not in PRIMARY KEY order for objects"] };
    expect((await (await openLines(faulty)).check()).problems).toEqual([
      { where: "store", code: "malformed", message: "[memory] row not in PRIMARY KEY order for objects" },
    ]);
  });
});

describe("garbage collection", () => {
  it("removes what nothing refers to and nothing else", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    await registry.save("lines", { model: new Line(2), samples });
    const garbage = `blobs/sha256/${"a".repeat(64)}/01ARZ3NDEKTSV4RRFFQ69G5FAV`;
    await store.put(garbage, new Uint8Array(7));
    expect(await registry.collectGarbage()).toMatchObject({ removed: 0 });
    expect(await registry.collectGarbage({ graceSeconds: 0, dryRun: true })).toMatchObject({
      removed: 1,
      keys: [garbage],
    });
    expect(await registry.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 1, bytes: 7 });
    expect(await registry.check({ full: true })).toMatchObject({ ok: true });
    for await (const { key } of store.list("condemned/")) expect(key).toBeUndefined();
    for await (const { key } of store.list("leases/")) expect(key).toBeUndefined();
  });

  it("spares what a live lease holds", async () => {
    const store = memoryStore();
    const registry = await openLines(store);
    const hex = "a".repeat(64);
    await store.put(`blobs/sha256/${hex}/01ARZ3NDEKTSV4RRFFQ69G5FAV`, new Uint8Array(7));
    await new Promise((resolve) => setTimeout(resolve, 5));
    await store.put("leases/x", new TextEncoder().encode(JSON.stringify({ seconds: 60, digests: [`sha256:${hex}`] })));
    expect(await registry.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 0, spared: 1 });
  });
});

describe("copies", () => {
  it("of a whole registry keep every history, and go on where they were cut off", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const registry = await openLines(from);
    for (const slope of [1, 2, 3]) await registry.save("lines", { model: new Line(slope), samples });
    await registry.promote("lines", 2);
    const told: number[] = [];
    const first = await copyRegistry(from, to, { progress: ({ done }) => told.push(done) });
    expect(first.models).toBe(1);
    expect(told.length).toBeGreaterThanOrEqual(first.objects);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(told.at(-1)).toBe(first.bytes);
    expect(await copyRegistry(from, to)).toMatchObject({ objects: 0 });
    await registry.rollback("lines").catch(() => undefined);
    await registry.promote("lines", 3);
    await copyRegistry(from, to);
    const copy = await openLines(to);
    expect(await copy.history("lines")).toEqual(await registry.history("lines"));
    expect(await copy.check({ full: true })).toMatchObject({ ok: true, versions: 3 });
    await copy.tag("lines", 1, { place: "copy" });
    await registry.tag("lines", 1, { place: "original" });
    await expect(copyRegistry(from, to)).rejects.toMatchObject({ code: "conflict" });
  });

  it("of one version carry it byte for byte", async () => {
    const registry = await openLines();
    const production = await openLines();
    const saved = await registry.save("lines", { model: new Line(2), samples, labels: ["v1"] });
    const copied = await registry.copy("lines@v1", production);
    expect(copied).toMatchObject({ reference: "lines@1", digest: saved.digest });
    expect((await registry.copy("lines@1", production, { name: "other" })).reference).toBe("other@1");
    await production.promote("lines", 1);
  });

  it("of one version tell where it comes from, through every registry, and bring no alias", async () => {
    const [dev, staging, production] = [await openLines(), await openLines(), await openLines()];
    await dev.save("lines", { model: new Line(1), samples });
    const saved = await dev.save("lines", { model: new Line(2), samples, labels: ["v2"], aliases: ["candidate"] });
    await dev.verify("lines@2");
    await dev.copy("lines@2", staging);
    await staging.copy("lines@1", production);
    const { origin, aliases, labels } = await production.resolve("lines@1");
    expect(aliases).toEqual([]);
    expect(labels).toEqual(["v2"]);
    expect(origin).toMatchObject({
      registry: staging.id,
      version: 1,
      manifest: saved.digest,
      origin: {
        registry: dev.id,
        name: "lines",
        version: 2,
        manifest: saved.digest,
        registeredBy: { name: "ada" },
        labels: ["v2"],
        verifications: [{ ok: true, rows: 2 }],
      },
    });
    expect(dev.id).not.toBe(staging.id);
  });
});

describe("many models", () => {
  it("are saved in one call", async () => {
    const registry = await openLines();
    const items = Array.from({ length: 200 }, (_, index) => ({ name: `store-${index}`, model: new Line(index) }));
    const results = await registry.saveAll([...items, { name: "bad/name", model: new Line(1) }]);
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(200);
    expect(results.at(-1)).toMatchObject({ status: "rejected", reason: { code: "invalid_name" } });
    expect(await registry.check()).toMatchObject({ ok: true, models: 200 });
  });
});
