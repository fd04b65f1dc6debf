import type { Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { randomNumbers } from "@modelkeep/testkit";
import { expect, test } from "vitest";
import { split } from "../src/index.js";

const text = (value: string) => new TextEncoder().encode(value);

async function listed(store: Store, prefix = "", options = {}): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  return keys;
}

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
