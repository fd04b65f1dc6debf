import type { Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { backupRegistry, restoreRegistry, verifyBackup } from "../src/index.js";
import { changed, contents, keysWith, lastEntry, lasting, prepared } from "./support/backups.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

describe("a restore", () => {
  it("of some models brings their former names, and nothing else", async () => {
    const [from, to, back] = [await prepared(), memoryStore(), memoryStore()];
    await backupRegistry(from, to);
    expect(await restoreRegistry(to, back, { models: ["old"] })).toMatchObject({ models: 2 });
    const restored = await openLines(back);
    expect((await restored.resolve("old@1")).name).toBe("new");
    await expect(restored.show("lines")).rejects.toMatchObject({ code: "not_found" });
    await expect(restoreRegistry(to, back, { models: ["none"] })).rejects.toMatchObject({ code: "not_found" });
    expect(await restoreRegistry(to, back)).toMatchObject({ models: 4 });
    expect(await restored.check({ full: true })).toMatchObject({ ok: true, models: 4 });
  });

  it("completes a registry that was rolled back, and leaves what has gone on", async () => {
    const [from, to] = [await prepared(), memoryStore()];
    await backupRegistry(from, to);
    await from.delete(lastEntry);
    await (await openLines(from)).save("files", { model: new Line(77) });
    expect(await restoreRegistry(to, from)).toMatchObject({ ahead: ["files"], entries: 1 });
    const registry = await openLines(from);
    expect((await registry.load("lines@production")).version).toBe(1);
    expect((await registry.show("files")).versions).toHaveLength(2);
    await from.delete(lastEntry);
    await (await openLines(from)).alias("lines", "other", 2);
    await expect(restoreRegistry(to, from)).rejects.toMatchObject({ code: "conflict" });
  });

  it("repairs whatever single object is missing or changed", async () => {
    const backup = memoryStore();
    const original = await prepared();
    await backupRegistry(original, backup);
    const whole = await contents(original);
    for (const key of (await lasting(original)).keys())
      for (const harm of [
        (store: Store) => store.delete(key),
        (store: Store) => changed(store, key),
        (store: Store) => store.put(key, new Uint8Array()),
      ]) {
        const store = memoryStore();
        for (const [each, text] of whole) await store.put(each, Buffer.from(text, "base64"));
        await harm(store);
        await restoreRegistry(backup, store, { repair: true });
        expect(await lasting(store), key).toEqual(await lasting(original));
        expect(await restoreRegistry(backup, store, { repair: true })).toMatchObject({
          healed: [],
          beyondRepair: [],
          objects: 0,
        });
      }
  }, 60_000);

  it("repairs a backup from the registry, and says what no one has", async () => {
    const [from, to] = [await prepared(), memoryStore()];
    await backupRegistry(from, to);
    const [key] = await keysWith(to, ".gzip");
    await changed(to, key!);
    expect(await restoreRegistry(from, to, { repair: true })).toMatchObject({ healed: [{ key }] });
    expect(await (await openLines(to)).check({ full: true })).toMatchObject({ ok: true });
    await changed(to, key!);
    await changed(from, key!);
    expect(await restoreRegistry(from, to, { repair: true })).toMatchObject({ healed: [], beyondRepair: [{ key }] });
  });
});

describe("the proof of a backup", () => {
  it("restores versions to a scratch store and runs them", async () => {
    const [from, to] = [await prepared(), memoryStore()];
    await backupRegistry(from, to);
    const proved: string[] = [];
    const report = await verifyBackup(to, {
      restore: "each",
      scratch: () => Promise.resolve(memoryStore()),
      prove: async (_envelope, reference) => {
        proved.push(reference);
        return [];
      },
    });
    expect(report).toMatchObject({ ok: true, last: { complete: true }, check: { ok: true } });
    expect(report.trials.map(({ reference }) => reference)).toEqual(["files@1", "lines@1", "new@1"]);
    expect(proved).toEqual(["lines@1", "new@1"]);

    const [blob] = await keysWith(to, "blobs/");
    await changed(to, blob!);
    const options = { scratch: () => Promise.resolve(memoryStore()), prove: () => Promise.resolve([]) };
    const bad = await verifyBackup(to, { ...options, restore: "all" });
    expect(bad.ok).toBe(false);
    expect(bad.check.problems).toHaveLength(1);
    expect(bad.trials.filter(({ ok }) => !ok)).not.toEqual([]);
    expect(bad.trials.filter(({ ok }) => ok)).not.toEqual([]);
    expect((await verifyBackup(to, { ...options, restore: 1 })).trials).toHaveLength(1);
  });
});
