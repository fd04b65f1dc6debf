import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { faulty } from "@modelkeep/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cached } from "../src/index.js";

const bytes = (size: number, seed = 1) =>
  new Uint8Array(size).map((_, index) => (index * 31 + (index >> 8) + seed) % 256);
const same = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && Buffer.compare(a, b) === 0;
const blob = (name: string | number) => `blobs/sha256/${name}/01`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "modelkeep-cache-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const object = await store.get(key);
  return object && collect(object.stream());
}

async function readInto(store: Store, key: string): Promise<Uint8Array> {
  const object = (await store.get(key))!;
  const target = new Uint8Array(object.info.size);
  expect(await object.readInto(target)).toBe(target.length);
  return target;
}

/** The files of the cache, with their sizes. */
async function files(): Promise<{ path: string; size: number }[]> {
  const found = [];
  for (const name of await readdir(folder, { recursive: true }).catch(() => [])) {
    const facts = await stat(join(folder, name));
    if (facts.isFile()) found.push({ path: join(folder, name), size: facts.size });
  }
  return found;
}

const maxBytes = 20_000_000;

describe.each([0, 1, 1000, 1 << 20, (1 << 20) + 1, 3_500_000])("an object of %i bytes", (size) => {
  test.each([
    ["stream", read],
    ["readInto", readInto],
  ] as const)("is read once from the store, by %s", async (_, how) => {
    const below = memoryStore();
    await below.put(blob("a"), bytes(size));
    const counting = faulty(below);
    const store = cached(counting, folder, { maxBytes });
    expect(same(await how(store, blob("a")), bytes(size))).toBe(true);
    const asked = counting.operations.length;
    for (const again of [read, readInto]) expect(same(await again(store, blob("a")), bytes(size))).toBe(true);
    const info = (await store.get(blob("a")))!.info;
    expect(info).toEqual((await below.head(blob("a")))!);
    const range = { start: Math.floor(size / 3), end: Math.ceil(size / 2) };
    const part = await collect((await store.get(blob("a"), { range }))!.stream());
    expect(same(part, bytes(size).subarray(range.start, range.end))).toBe(true);
    expect(counting.operations.length, "operations below, once it is kept").toBe(asked);

    // Another process, as it were.
    const other = cached(faulty(below, { fault: "fails", at: 1, times: Infinity }), folder, { maxBytes });
    expect(same(await read(other, blob("a")), bytes(size))).toBe(true);
  });

  test("that is damaged anywhere is read from the store, and kept anew", async () => {
    const below = memoryStore();
    await below.put(blob("a"), bytes(size));
    const troubles: unknown[] = [];
    const store = cached(below, folder, { maxBytes, trouble: (error) => troubles.push(error) });
    await read(store, blob("a"));
    const [file] = await files();
    const whole = await readFile(file!.path);
    for (const at of new Set([
      0,
      size >> 1,
      size,
      size + 5,
      whole.length - 50,
      whole.length - 45,
      whole.length - 10,
      whole.length - 1,
    ])) {
      await writeFile(file!.path, whole.with(at, whole[at]! ^ 4));
      const before = troubles.length;
      for (const how of [readInto, read, readInto])
        expect(same(await how(store, blob("a")), bytes(size)), `byte ${at}`).toBe(true);
      expect(troubles.length, `byte ${at} is noticed`).toBe(before + 1);
      expect(same(await readFile(file!.path), whole), `byte ${at} is mended`).toBe(true);
    }
    for (const cut of [0, 10, whole.length - 1, Math.max(0, whole.length - (1 << 20))]) {
      await writeFile(file!.path, whole.subarray(0, cut));
      expect(same(await read(store, blob("a")), bytes(size)), `cut to ${cut}`).toBe(true);
    }
    await writeFile(file!.path, Buffer.concat([whole, whole]));
    expect(same(await read(store, blob("a")), bytes(size))).toBe(true);
  });
});

test("the copy of one object is not taken for that of another", async () => {
  const below = memoryStore();
  await below.put(blob("a"), bytes(100, 1));
  await below.put(blob("b"), bytes(100, 2));
  const store = cached(below, folder, { maxBytes });
  await read(store, blob("a"));
  const [a] = await files();
  await read(store, blob("b"));
  const b = (await files()).find(({ path }) => path !== a!.path)!;
  await writeFile(b.path, await readFile(a!.path));
  expect(same(await read(store, blob("b")), bytes(100, 2))).toBe(true);
});

test("a read that stops half way, or fails, keeps nothing", async () => {
  const below = memoryStore();
  await below.put(blob("a"), bytes(3_000_000));
  const store = cached(below, folder, { maxBytes });
  for await (const _ of (await store.get(blob("a")))!.stream()) break;
  const failing = cached(faulty(below, { fault: "fails", at: 2 }), folder, { maxBytes });
  await expect(read(failing, blob("a"))).rejects.toMatchObject({ code: "io_error" });
  const short = cached(faulty(below, { fault: "short", at: 2 }), folder, { maxBytes });
  expect((await read(short, blob("a")))!.length).toBe(1_500_000);
  await (await store.get(blob("a")))!.readInto(new Uint8Array(100));
  expect(await files()).toEqual([]);
});

test("absence, and what may change, is always asked of the store", async () => {
  const below = memoryStore();
  const store = cached(below, folder, { maxBytes });
  const entry = "models/scorer/log/000000000001.json";
  expect(await read(store, entry)).toBeUndefined();
  await below.put(entry, bytes(10));
  expect(same(await read(store, entry), bytes(10))).toBe(true);
  for (const key of ["registry.json", "names/scorer", "index/01", "leases/01"]) {
    await below.put(key, bytes(5, 1));
    await read(store, key);
    await below.put(key, bytes(6, 2));
    expect(same(await read(store, key), bytes(6, 2)), key).toBe(true);
  }
  await read(store, blob("a"));
  await below.delete(entry);
  expect(await store.head(entry), "head asks the store").toBeUndefined();
});

test("the folder stays within its size, and what was used last stays longest", async () => {
  const below = memoryStore();
  const store = cached(below, folder, { maxBytes: 2_000_000 });
  for (let index = 0; index < 30; index++) {
    await below.put(blob(index), bytes(200_000, index));
    await read(store, blob(index));
    const total = (await files()).reduce((sum, { size }) => sum + size, 0);
    expect(total).toBeLessThanOrEqual(2_000_000);
  }
  expect((await files()).length).toBeGreaterThan(5);
  await below.put(blob("huge"), bytes(1_500_000));
  expect(same(await read(store, blob("huge")), bytes(1_500_000))).toBe(true);
  expect(
    (await files()).every(({ size }) => size < 1_000_000),
    "what is too large is not kept",
  ).toBe(true);
});

test("what was used long ago goes first", async () => {
  const below = memoryStore();
  const store = cached(below, folder, { maxBytes: 1_000_000 });
  const paths = new Map<number, string>();
  for (const index of [0, 1, 2, 3]) {
    await below.put(blob(index), bytes(200_000, index));
    const known = new Set(paths.values());
    await read(store, blob(index));
    const { path } = (await files()).find((file) => !known.has(file.path))!;
    paths.set(index, path);
    await utimes(path, 1000 + index, 1000 + index);
  }
  await read(store, blob(0)); // used again
  await below.put(blob(9), bytes(400_000));
  await read(store, blob(9));
  const left = new Set((await files()).map(({ path }) => path));
  expect([0, 1, 2, 3].filter((index) => left.has(paths.get(index)!))).toEqual([0, 3]);
});

test("many readers and processes share a folder", async () => {
  const below = memoryStore();
  for (let index = 0; index < 12; index++) await below.put(blob(index), bytes(150_000 + index, index));
  const stores = Array.from({ length: 4 }, () => cached(below, folder, { maxBytes: 1_000_000 }));
  await Promise.all(
    stores.flatMap((store, turn) =>
      Array.from({ length: 24 }, async (_, index) => {
        const which = (index * 5 + turn) % 12;
        const found = await (index % 2 === 0 ? read : readInto)(store, blob(which));
        expect(same(found, bytes(150_000 + which, which))).toBe(true);
      }),
    ),
  );
});

test("a folder that can't be written harms no reader", async () => {
  const below = memoryStore();
  await below.put(blob("a"), bytes(2_000_000));
  await writeFile(join(folder, "file"), "in the way");
  const troubles: unknown[] = [];
  const store = cached(below, join(folder, "file", "cache"), { maxBytes, trouble: (error) => troubles.push(error) });
  for (const how of [read, readInto, read]) expect(same(await how(store, blob("a")), bytes(2_000_000))).toBe(true);
  expect(troubles.length).toBeGreaterThan(0);
});
