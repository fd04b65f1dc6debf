import { memorySource, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { expect, it } from "vitest";

import { openLines } from "./support/registry.js";

const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
const file = () => ({ files: [memorySource("a.bin", bytes)] });

/** A store with bytes that nothing refers to, and a second copy of them if a save sends them. */
async function withLeftBehind(): Promise<{ readonly store: Store; readonly key: string }> {
  const store = memoryStore();
  const registry = await openLines(store);
  await registry.save("gone", file());
  const blobs: string[] = [];
  for await (const { key } of store.list("blobs/")) blobs.push(key);
  for await (const { key } of store.list("models/gone/")) await store.delete(key);
  // Older than the collection, by the store's clock.
  await new Promise((resolve) => setTimeout(resolve, 5));
  return { store, key: blobs[0]! };
}

it("a collection leaves alone what a save that runs is about to refer to", async () => {
  const { store, key } = await withLeftBehind();
  const collector = await openLines(store);
  let spared: number | undefined;
  let sent = 0;
  let collecting = false;
  let stillThere = false;
  const saver = await openLines({
    ...store,
    async put(given, body, options) {
      if (typeof given === "string" && given.startsWith("blobs/")) sent++;
      // The lease is there and the bytes were seen: the last moment before the entry is written.
      if (typeof given === "string" && given.includes("/log/") && !collecting) {
        collecting = true;
        ({ spared } = await collector.collectGarbage({ graceSeconds: 0 }));
        // Between the collection and the entry, the version would be without its bytes if they had been deleted.
        stillThere = (await store.head(key)) !== undefined;
      }
      return store.put(given, body, options);
    },
  });
  const saved = await saver.save("lines", file());
  expect(stillThere).toBe(true);
  expect(saved).toMatchObject({ version: 1, existing: false });
  // The bytes and the manifest of the save: neither had an entry that refers to it.
  expect(spared).toBe(2);
  expect(sent).toBe(0);
  expect(await collector.check({ full: true })).toMatchObject({ ok: true, versions: 1 });
  expect(await collector.collectGarbage({ graceSeconds: 0 })).toMatchObject({ removed: 0 });
});

it("what is deleted all the same, after a save stood still for too long, is sent again before it is acknowledged", async () => {
  const { store, key } = await withLeftBehind();
  let deleted = false;
  const saver = await openLines({
    ...store,
    async put(given, body, options) {
      if (typeof given === "string" && given.includes("/log/") && !deleted) {
        deleted = true;
        await store.delete(key);
      }
      return store.put(given, body, options);
    },
  });
  await saver.save("lines", file());
  expect((await saver.history("lines")).map(({ kind }) => kind)).toEqual(["version", "placed"]);
  expect(await saver.check({ full: true })).toMatchObject({ ok: true });
});

it("bytes that are kept plain and compressed are read from whichever copy is there", async () => {
  const store = memoryStore();
  const registry = await openLines(store);
  await registry.save("lines", file());
  await registry.save("lines", { files: [{ ...memorySource("a.bin", bytes), encoding: "gzip" }], again: true });
  const blobs: string[] = [];
  for await (const { key } of store.list("blobs/")) blobs.push(key);
  const [plain, compressed] = [
    blobs.find((key) => !key.endsWith(".gzip"))!,
    blobs.find((key) => key.endsWith(".gzip"))!,
  ];
  const context = { store };
  const { openVersion } = await import("../src/envelope.js");
  const { Logs } = await import("../src/logs.js");
  const version = (await new Logs(store).current("lines")).versions.get(1)!;
  for (const keys of [
    [plain, compressed],
    [compressed, plain],
  ])
    for (const gone of [undefined, plain, compressed]) {
      const left = { ...store, get: (key: string) => (key === gone ? Promise.resolve(undefined) : store.get(key)) };
      const digest = version.payloads[0]!.digest;
      const placement = new Map([...version.placement, [digest, keys] as const]);
      const envelope = await openVersion({ ...context, store: left }, "lines", { ...version, placement });
      const payload = envelope.payload("a.bin")!;
      expect(await payload.bytes()).toEqual(bytes);
      expect(await payload.range(10, 20)).toEqual(bytes.subarray(10, 20));
    }
});
