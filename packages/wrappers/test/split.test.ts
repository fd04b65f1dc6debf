import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compareCodePoints, type Store } from "@modelkeep/core";
import { openRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { sqliteStore } from "@modelkeep/store-sqlite";
import { randomNumbers } from "@modelkeep/testkit";
import { expect, test } from "vitest";
import { split } from "../src/index.js";

const text = (value: string) => new TextEncoder().encode(value);

async function listed(store: Store, prefix = "", options = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

test("a registry lies in both: its payloads in the one, all else in the other", async () => {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-split-"));
  try {
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
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("listings are those of one store with the same keys, for any prefix, delimiter and start", async () => {
  const random = randomNumbers(20_261_127);
  const letters = ["a", "b", "/", "-", "\uff21", "\u{1f600}"];
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const word = (most: number) => Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(letters)).join("");
  const isKey = (key: string) => !/^\/|\/$|\/\//u.test(key);
  for (let turn = 0; turn < 60; turn++) {
    const one = memoryStore();
    const prefixes = Array.from({ length: 2 }, () => word(3)).filter((each) => isKey(`${each}x`));
    const both = split(memoryStore(), memoryStore(), { prefixes });
    for (const key of Array.from({ length: 25 }, () => word(6)).filter(isKey))
      for (const store of [one, both]) await store.put(key, text(key));
    for (const prefix of ["", ...Array.from({ length: 6 }, () => word(3)).filter((each) => isKey(`${each}x`))])
      for (const options of [
        {},
        { delimiter: "/" },
        { delimiter: "-" },
        { after: word(3) },
        { after: word(2), delimiter: "/" },
      ])
        expect(await listed(both, prefix, options), `${prefixes.join(" ")}: ${prefix}`).toEqual(
          await listed(one, prefix, options),
        );
  }
});

test("what lies in the wrong one is not seen", async () => {
  const [blobs, rest] = [memoryStore(), memoryStore()];
  await blobs.put("models/a", text("stray"));
  await rest.put("blobs/b", text("stray"));
  const store = split(blobs, rest);
  expect(await listed(store)).toEqual([]);
  expect(await listed(store, "", { delimiter: "/" })).toEqual([]);
  expect(await listed(store, "", { delimiter: "s/" })).toEqual([]);
  expect(await store.head("models/a")).toBeUndefined();
  expect(await store.head("blobs/b")).toBeUndefined();
});
