import { closeSync, openSync, readdirSync, readFileSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { collect, isModelkeepError, memorySource, openPackage, packEnvelope, type Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { randomNumbers } from "@modelkeep/testkit";
import { describe, expect, it } from "vitest";

import { localBackends, type Objects, objectsOf } from "./support/backends.js";
import { count } from "./support/counts.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
/** Every byte in full; otherwise every so many. */
const stride = thorough ? 1 : 509;
const size = 64 * 1024;

/** A version of 64 KiB, with samples and aliases and a history behind it. */
async function rotting(): Promise<Objects> {
  const store = memoryStore();
  const registry = await openLines(store);
  const pick = randomNumbers(1);
  const bytes = Uint8Array.from({ length: size }, () => Math.floor(pick() * 256));
  await registry.save("m", { model: new Line(1), samples: { inputs: lineInputs(1, 2) }, labels: ["v1"] });
  await registry.save("m", { files: [memorySource("weights.bin", bytes)], tags: { team: "risk" } });
  await registry.alias("m", "live", 1);
  await registry.alias("m", "live", 2, { reason: "larger" });
  return objectsOf(store);
}

/** Everything that somebody might ask of it. */
async function answers(store: Store): Promise<unknown> {
  const registry = await openLines(store, { readOnly: true });
  const envelope = await registry.open("m@live");
  const bytes = await envelope.payload("weights.bin")?.bytes();
  await using loaded = await registry.load("m@1");
  const predicted = (await loaded.predict(lineInputs(3))).rows;
  const history = await registry.history("m");
  return [await registry.show("m"), envelope.manifest, bytes?.length, bytes?.at(-1), predicted, history];
}

/** Whether these are the answers of the same history before its last entries. */
function isEarlier(found: unknown, expected: unknown): boolean {
  const [history, whole] = [found, expected].map((answer) =>
    Array.isArray(answer) ? (answer.at(-1) as unknown[]) : [],
  );
  return history!.length > 0 && JSON.stringify(whole!.slice(0, history!.length)) === JSON.stringify(history);
}

describe.each(localBackends)("on $name", (backend) => {
  it("every byte of 64 KiB that changes is found when it is read", { timeout: 3_600_000 }, async () => {
    const objects = await rotting();
    const [key, bytes] = objects.find(([, each]) => each.length === size)!;
    const places = await backend.prepare(objects);
    const place = await places.make();
    const store = place.open();
    const registry = await openLines(store, { readOnly: true });
    const payload = (await registry.open("m@2")).payload("weights.bin")!;
    let found = 0;
    for (let at = 0; at < size; at += stride) {
      const changed = bytes.slice();
      changed[at]! ^= 1 << (at & 7);
      await store.put(key, changed);
      const error = await payload.bytes().catch((error: unknown) => error);
      if (isModelkeepError(error, "digest_mismatch")) found++;
    }
    await store.put(key, bytes);
    expect((await payload.bytes()).length).toBe(size);
    expect(found).toBe(Math.ceil(size / stride));
    count("bytes", found);
    await place.dispose();
    await places.dispose();
  });

  const others = thorough ? 2 : 97;
  it("a byte of any other object that changes gives an error, or changes nothing", { timeout: 3_600_000 }, async () => {
    const objects = await rotting();
    const places = await backend.prepare(objects);
    const place = await places.make();
    const store = place.open();
    const expected = await answers(store);
    for (const [key, bytes] of objects) {
      if (bytes.length === size || key.startsWith("changes/") || key === "README.md") continue;
      for (let at = 0; at < bytes.length; at += backend.name === "memory" ? Math.ceil(others / 4) : others * 4) {
        const changed = bytes.slice();
        changed[at]! ^= 1 << (at & 7);
        await store.put(key, changed);
        const found = await answers(store).catch((error: unknown) => (isModelkeepError(error) ? "an error" : error));
        expect([expected, "an error"], `byte ${at} of ${key}`).toContainEqual(found);
        count("bytes");
      }
      await store.put(key, bytes);
    }
    await place.dispose();
    await places.dispose();
  });
});

it(
  "every byte of files that changes on the disk gives an error, or changes nothing",
  { timeout: 3_600_000 },
  async () => {
    const places = await localBackends.find(({ name }) => name === "fs")!.prepare(await rotting());
    const place = await places.make();
    const store = place.open();
    const expected = await answers(store);
    const root = place.folder!;
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));
    for (const path of files.filter((each) => statSync(each).isFile() && !each.includes(".tmp"))) {
      const bytes = readFileSync(path);
      const file = openSync(path, "r+");
      const step = Math.max(thorough ? 7 : 401, bytes.length === size ? 2003 : 1);
      for (let at = 0; at < bytes.length; at += step) {
        writeSync(file, Uint8Array.of(bytes[at]! ^ 0x20), 0, 1, at);
        const found = await answers(fsStore(root)).catch((error: unknown) =>
          isModelkeepError(error) ? "an error" : error,
        );
        expect([expected, "an error"], `byte ${at} of ${path}`).toContainEqual(found);
        writeSync(file, bytes, at, 1, at);
        count("bytes");
      }
      closeSync(file);
    }
    await place.dispose();
    await places.dispose();
  },
);

it(
  "every byte of a SQLite file that changes on the disk gives an error, or changes nothing",
  { timeout: 3_600_000 },
  async () => {
    const places = await localBackends.find(({ name }) => name === "sqlite")!.prepare(await rotting());
    const place = await places.make();
    const first = place.open();
    const expected = await answers(first);
    await first[Symbol.asyncDispose]?.();
    const path = join(place.folder!, "models.db");
    const bytes = readFileSync(path);
    const file = openSync(path, "r+");
    for (let at = 0; at < bytes.length; at += thorough ? 53 : 4001) {
      writeSync(file, Uint8Array.of(bytes[at]! ^ (1 << (at & 7))), 0, 1, at);
      const store = place.open();
      const found = await answers(store).catch((error: unknown) => (isModelkeepError(error) ? "an error" : error));
      await store[Symbol.asyncDispose]?.();
      // A damaged index of SQLite may hide the newest entries of a history: only a checkpoint tells that they were there.
      expect([expected, "an error"], `byte ${at} of ${bytes.length}`).toContainEqual(
        isEarlier(found, expected) ? expected : found,
      );
      writeSync(file, bytes, 0, bytes.length, 0);
      count("bytes");
    }
    closeSync(file);
    await place.dispose();
    await places.dispose();
  },
);

it("every byte of a package that changes gives an error, or changes nothing", { timeout: 3_600_000 }, async () => {
  const store = memoryStore();
  for (const [key, bytes] of await rotting()) await store.put(key, bytes);
  const envelope = await (await openLines(store)).open("m@2");
  const packed = await collect(packEnvelope(envelope));
  const holder = memoryStore();
  const read = async (bytes: Uint8Array): Promise<unknown> => {
    await holder.put("package", bytes);
    const opened = await openPackage((await holder.get("package"))!);
    return [opened.manifest, (await opened.payload("weights.bin")!.bytes()).length];
  };
  const expected = await read(packed);
  for (let at = 0; at < packed.length; at += stride) {
    const changed = packed.slice();
    changed[at]! ^= 1 << (at & 7);
    const found = await read(changed).catch((error: unknown) => (isModelkeepError(error) ? "an error" : error));
    expect([expected, "an error"], `byte ${at}`).toContainEqual(found);
    count("bytes");
  }
});
