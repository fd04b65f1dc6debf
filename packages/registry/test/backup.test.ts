import { collect, memorySource, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, it } from "vitest";

import { backupRegistry, restoreRegistry } from "../src/index.js";
import { bytes, changed, keysWith, lastEntry, lasting, prepared, remove, samples } from "./support/backups.js";
import { countingStore } from "./support/counting-store.js";
import { openLines } from "./support/registry.js";
import { Line } from "./support/toy.js";

describe("a backup", () => {
  it("holds every history and byte, is open for reading only, and comes back whole", async () => {
    const [from, to, back] = [await prepared(), memoryStore(), memoryStore()];
    const first = await backupRegistry(from, to);
    expect(first).toMatchObject({ complete: true, models: 4, changed: 4, damaged: [] });
    expect(await lasting(to)).toEqual(await lasting(from));
    const opened = await openLines(to);
    expect(opened.readOnly).toMatch(/backup/u);
    await expect(opened.tag("lines", 1, { a: "b" })).rejects.toMatchObject({ code: "refused" });
    expect(await opened.check({ full: true })).toMatchObject({ ok: true, versions: 4 });
    expect((await opened.load("lines@production")).version).toBe(1);

    expect(await restoreRegistry(to, back)).toMatchObject({ models: 4, ahead: [] });
    expect(await lasting(back)).toEqual(await lasting(from));
    const restored = await openLines(back);
    expect(restored.readOnly).toBeUndefined();
    expect(restored.id).toBe((await openLines(from)).id);
    await restored.save("lines", { model: new Line(9), samples });
  });

  it("asks for no more than what changed, even when the records of earlier runs are lost", async () => {
    const from = memoryStore();
    const registry = await openLines(from);
    await registry.saveAll(Array.from({ length: 300 }, (_, index) => ({ name: `m-${index}`, model: new Line(index) })));
    for (let version = 0; version < 40; version++) await registry.save("deep", { model: new Line(1000 + version) });
    const [source, target] = [countingStore(from), countingStore(memoryStore())];
    await backupRegistry(source.store, target.store);
    const run = async () => {
      source.reset();
      target.reset();
      const result = await backupRegistry(source.store, target.store);
      return { result, requests: source.requests() + target.requests() };
    };
    // Nothing changed: a listing of either store, the roots, and the records.
    expect((await run()).requests).toBeLessThan(12);
    for (let index = 0; index < 9; index++) await registry.save(`m-${index * 7}`, { model: new Line(-1 - index) });
    await registry.save("deep", { model: new Line(-100) });
    const second = await run();
    expect(second.result).toMatchObject({ changed: 10, entries: 10 });
    expect(second.requests).toBeLessThan(12 + 10 * 20);
    expect(source.counts.list + target.counts.list).toBe(4);
    expect(await lasting(target.store)).toEqual(await lasting(from));

    for (const key of await keysWith(target.store, "backups/")) await target.store.delete(key);
    const third = await run();
    expect(third.result).toMatchObject({ changed: 0 });
    // Each model is asked once on either side.
    expect(third.requests).toBeLessThan(12 + 2 * 301);
    expect((await run()).requests).toBeLessThan(12);
  });

  it("keeps what is deleted at the source, until it is pruned", async () => {
    const [from, to] = [await prepared(), memoryStore()];
    await backupRegistry(from, to);
    const registry = await openLines(from);
    const { manifest } = await registry.open("files@1");
    await remove(from, "files", 1);
    await registry.collectGarbage({ graceSeconds: -1 });
    expect(await keysWith(from, manifest.payloads[0]!.digest.slice(7))).toEqual([]);
    expect(await backupRegistry(from, to, { prune: true })).toMatchObject({ entries: 1, pruned: { objects: 0 } });
    const copy = await (await openLines(to)).open("files@1");
    expect(await copy.payload("a.bin")!.bytes()).toEqual(bytes);
    // It can be registered again, from there.
    expect((await (await openLines(to)).copy("files@1", registry)).reference).toBe("files@2");
  });

  it("takes a version whose bytes went while they were read for what it is: deleted", async () => {
    const [from, to] = [await prepared(), memoryStore()];
    let once = true;
    const racing: Store = {
      ...from,
      list: (...args) => from.list(...args),
      async get(key, options) {
        if (once && key.startsWith("blobs/")) {
          once = false;
          await remove(from, "files", 1);
          await (await openLines(from)).collectGarbage({ graceSeconds: -1 });
        }
        return from.get(key, options);
      },
    };
    await backupRegistry(racing, to);
    const copy = await openLines(to);
    expect(await copy.check({ full: true })).toMatchObject({ ok: true });
    expect((await copy.show("files")).versions[0]!.status).toBe("deleted");
  });

  it.each([
    ["rolled back", (store: Store) => store.delete(lastEntry)],
    [
      "gone",
      async (store: Store) => {
        for (const key of await keysWith(store, "models/lines/")) await store.delete(key);
      },
    ],
    [
      "rewritten, and as long as before",
      async (store: Store) => {
        await store.delete(lastEntry);
        await new Promise((resolve) => setTimeout(resolve, 5));
        await (await openLines(store)).alias("lines", "staging", 2);
      },
    ],
    [
      "rewritten, and longer than before",
      async (store: Store) => {
        await store.delete(lastEntry);
        const registry = await openLines(store);
        await registry.alias("lines", "staging", 2);
        await registry.alias("lines", "staging", 1);
      },
    ],
  ])("refuses a source that was %s, and stays as it is", async (_, rewrite) => {
    const [from, to] = [await prepared(), memoryStore()];
    await backupRegistry(from, to);
    const before = await lasting(to);
    await rewrite(from);
    await expect(backupRegistry(from, to)).rejects.toMatchObject({ code: "conflict" });
    expect(await lasting(to)).toEqual(before);
    expect(await (await openLines(to)).check({ full: true })).toMatchObject({ ok: true });
  });

  it("refuses the place of another registry or backup", async () => {
    const [from, other, to] = [await prepared(), await prepared(), memoryStore()];
    await expect(backupRegistry(from, other)).rejects.toMatchObject({ code: "conflict" });
    await backupRegistry(other, to);
    await expect(backupRegistry(from, to)).rejects.toMatchObject({ code: "conflict" });
    await expect(restoreRegistry(to, from)).rejects.toMatchObject({ code: "conflict" });
    await expect(restoreRegistry(other, to)).rejects.toMatchObject({ code: "conflict" });
    await expect(backupRegistry(memoryStore(), to)).rejects.toMatchObject({ code: "not_found" });
  });

  it("lets no changed byte pass, compressed ones neither, and backs up the other models", async () => {
    for (const [name, what] of [
      ["files", ".gzip"],
      ["files", "blobs/"],
      ["lines", "models/lines/manifests/"],
    ] as const) {
      const [from, to] = [await prepared(), memoryStore()];
      const opened = await (await openLines(from)).open(`${name}@1`);
      const digests = [opened.digest, ...opened.manifest.payloads.map(({ digest }) => digest)].map((digest) =>
        digest.slice(7),
      );
      const [key] = (await keysWith(from, what)).filter((each) => digests.some((digest) => each.includes(digest)));
      await changed(from, key!);
      const failure = await backupRegistry(from, to).catch(
        (error: unknown) => error as { code: string; details: object },
      );
      expect(["digest_mismatch", "malformed", "size_mismatch"]).toContain((failure as { code: string }).code);
      expect(failure).toMatchObject({ details: { failed: [{ name }] } });
      expect(await to.head(key!)).toBeUndefined();
      const copy = await openLines(to);
      expect(await copy.check({ full: true })).toMatchObject({ ok: true });
      // Its newer versions are worth more than waiting for it.
      expect(await backupRegistry(from, to, { acceptDamaged: true })).toMatchObject({ damaged: [{ key }], changed: 1 });
    }
  });

  it("never writes where a hostile log says", async () => {
    const [from, to] = [memoryStore(), memoryStore()];
    const registry = await openLines(from);
    await registry.save("a", { files: [memorySource("a.bin", bytes)] });
    const key = "models/a/log/000000000001.json";
    const text = Buffer.from(await collect((await from.get(key))!.stream())).toString();
    await from.put("names/victim", bytes);
    await from.put(key, Buffer.from(text.replace(/"blobs\/sha256\/[^"]+"/u, '"names/victim"')));
    await expect(backupRegistry(from, to)).rejects.toMatchObject({ code: "damaged_log" });
    expect(await to.head("names/victim")).toBeUndefined();
  });

  it("is whole at any moment while writers, deletions and collections go on", async () => {
    const from = memoryStore();
    const registry = await openLines(from);
    const to = memoryStore();
    const state = { writing: true };
    const writer = (async () => {
      for (let turn = 0; turn < 40; turn++) {
        await registry.save(`m-${turn % 3}`, {
          model: new Line(turn),
          files: [memorySource("x.bin", bytes.subarray(turn))],
        });
        if (turn > 6 && turn % 3 === 0) await remove(from, `m-${turn % 3}`, turn / 3 - 1);
        if (turn % 5 === 0) await registry.collectGarbage({ graceSeconds: -1 });
      }
      state.writing = false;
    })();
    while (state.writing) {
      await backupRegistry(from, to);
      expect(await (await openLines(to)).check({ full: true })).toMatchObject({ ok: true });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await writer;
    await backupRegistry(from, to);
    for (const name of ["m-0", "m-1", "m-2"])
      expect(await (await openLines(to)).history(name)).toEqual(await registry.history(name));
  });
});
