import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { compareCodePoints, type Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { faulty } from "@modelkeep/testkit";
import { cached, split } from "@modelkeep/wrappers";
import { afterEach, beforeEach, expect, test } from "vitest";

import { openRegistry } from "../src/index.js";

const maxBytes = 64 << 20;
const bytes = (size: number) => new Uint8Array(size).map((_, index) => (index * 31 + (index >> 8)) % 256);
const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "modelkeep-wrapped-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function listed(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}

test("a registry lies in both: its payloads in the one, all else in the other", async () => {
  const [blobs, log] = [fsStore(join(folder, "blobs")), sqliteStore(join(folder, "log.db"))];
  await using registry = await openRegistry({ store: split(blobs, log), actor: "Ada" });
  const open = async function* (): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(9_000_000).fill(3); // large enough to be named late
  };
  await registry.save("scorer", { files: [{ path: "weights.bin", open, size: 9_000_000 }] });
  expect((await listed(blobs)).every((key) => key.startsWith("blobs/sha256/"))).toBe(true);
  expect((await listed(blobs)).length).toBe(1);
  expect((await listed(log)).some((key) => key.startsWith("blobs/"))).toBe(false);
  expect(await listed(registry.store)).toEqual(
    [...(await listed(blobs)), ...(await listed(log))].sort(compareCodePoints),
  );
  expect((await registry.check({ full: true })).problems).toEqual([]);
  expect((await registry.open("scorer@1")).payload("weights.bin")!.size).toBe(9_000_000);
});

test("a registry is read from the cache, and its writers see each other", async () => {
  const below = memoryStore();
  const open = (path: string, actor: string) =>
    openRegistry({ store: cached(below, join(folder, path), { maxBytes }), actor });
  const [ada, bob] = [await open("ada", "Ada"), await open("bob", "Bob")];
  const file = async function* (): AsyncGenerator<Uint8Array> {
    yield bytes(3_000_000);
  };
  await ada.save("scorer", { files: [{ path: "weights.bin", open: file, size: 3_000_000 }] });
  for (let turn = 0; turn < 5; turn++) {
    await (turn % 2 === 0 ? ada : bob).tag("scorer", 1, { turn: String(turn) });
    expect((await ada.resolve("scorer@1")).tags).toEqual({ turn: String(turn) });
    expect((await bob.resolve("scorer@1")).tags).toEqual({ turn: String(turn) });
  }
  const counting = faulty(below);
  const again = await openRegistry({ store: cached(counting, join(folder, "bob"), { maxBytes }), readOnly: true });
  const weights = async () => (await again.open("scorer@1")).payload("weights.bin")!.bytes();
  expect(same(await weights(), bytes(3_000_000))).toBe(true);
  const asked = counting.operations.filter((name) => name === "read").length;
  expect(same(await weights(), bytes(3_000_000))).toBe(true);
  expect(counting.operations.filter((name) => name === "read").length).toBe(asked);
});
