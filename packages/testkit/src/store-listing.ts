import { compareCodePoints, type ListOptions, type Store } from "@modelkeep/core";
import { expectEqual, expectTrue } from "./expect.js";
import { text, type StoreCase, type StoreContext } from "./store-case.js";

/** Chosen so that sorting by UTF-16 unit, by segment, by locale or by file name each gives another order. */
const names = [
  "A", "a", "a b", "a!", "a-b/c", "a-b/d/e", "a.b", "a0", "aa/b", "aa/b-c", "aa/c/d", "aa/c-d", "aa0/x", "b%2Fc/d",
  "b/c", "b/\uff21/x", "b/\u{1f600}/x", "z", "\u00e9", "e\u0301", "\uff21", "\ud7ff", "\ue000/x", "\u{1f600}", "\u{10ffff}x",
] as const; // prettier-ignore

export const listingCases: readonly StoreCase[] = [
  {
    name: "list gives every key once, in code-point order",
    async run(context) {
      const keys = await putAll(context, names);
      expectEqual(await listed(context.store, context.prefix), keys, "keys under the prefix");
    },
  },
  {
    name: "list tells the size of each object",
    async run({ store, prefix }) {
      await store.put(`${prefix}three`, text("333"));
      await store.put(`${prefix}zero`, text(""));
      const entries: unknown[] = [];
      for await (const { key, size, prefix: group } of store.list(prefix)) entries.push([key, size, group ?? false]);
      expectEqual(entries, [[`${prefix}three`, 3, false], [`${prefix}zero`, 0, false]], "entries"); // prettier-ignore
    },
  },
  {
    name: "list goes on after a key, whether it exists or not",
    async run(context) {
      const { store, prefix } = context;
      const keys = await putAll(context, names);
      const marks = [...keys, ...keys.map((key) => key.slice(0, -1)), ...keys.map((key) => `${key}0`), `${prefix}aa/`];
      for (const after of [...marks.filter((key) => key.isWellFormed()), "", "\u{10ffff}\u{10ffff}"])
        expectEqual(
          await listed(store, prefix, { after }),
          keys.filter((key) => compareCodePoints(key, after) > 0),
          `keys after ${JSON.stringify(after)}`,
        );
    },
  },
  {
    name: "a prefix may be cut anywhere, also within a segment",
    async run(context) {
      const { store, prefix } = context;
      const keys = await putAll(context, names);
      const cuts = new Set(names.flatMap((name) => Array.from(name, (_, end) => name.slice(0, end + 1))));
      for (const cut of [...cuts, "nothing", "a-b/c/", "aa/b-c/x"]) {
        if (!cut.isWellFormed()) continue;
        const expected = keys.filter((key) => key.startsWith(prefix + cut));
        expectEqual(await listed(store, prefix + cut), expected, `keys under ${JSON.stringify(cut)}`);
        const after = expected[0];
        if (after !== undefined)
          expectEqual(
            await listed(store, prefix + cut, { after }),
            expected.slice(1),
            `keys under ${JSON.stringify(cut)} after the first`,
          );
      }
    },
  },
  {
    name: "with a delimiter, only the names of the next level are listed",
    async run(context) {
      const { store, prefix } = context;
      const keys = await putAll(context, names);
      for (const cut of ["", "a", "aa/", "aa/c", "b/", "a-b/", "a-b", "b%2"])
        for (const delimiter of ["/", "-", "b/"])
          expectEqual(
            await listed(store, prefix + cut, { delimiter }),
            grouped(keys, prefix + cut, delimiter),
            `names under ${JSON.stringify(cut)} up to ${JSON.stringify(delimiter)}`,
          );
      for await (const entry of store.list(prefix, { delimiter: "/" })) {
        expectEqual(entry.prefix === true, entry.key.endsWith("/"), `mark of the group ${entry.key}`);
        if (entry.prefix) expectEqual(entry.size, 0, `size of the group ${entry.key}`);
      }
    },
  },
  {
    name: "with a delimiter, every name that was listed serves as after",
    async run(context) {
      const { store, prefix } = context;
      const keys = await putAll(context, names);
      const all = grouped(keys, prefix, "/");
      for (const after of [...all, `${prefix}aa/b`, `${prefix}b/c`, `${prefix}b/d`, `${prefix}a-b/d/e`])
        expectEqual(
          await listed(store, prefix, { delimiter: "/", after }),
          all.filter((name) => compareCodePoints(name, after) > 0),
          `names after ${JSON.stringify(after)}`,
        );
    },
  },
  {
    name: "the empty prefix is the whole store",
    async run(context) {
      const { store, prefix } = context;
      const keys = await putAll(context, ["whole/a", "whole/b", "x"]);
      const found: string[] = [];
      for await (const { key } of store.list("", prefix === "" ? {} : { after: prefix })) {
        if (!key.startsWith(prefix)) break;
        found.push(key);
      }
      expectEqual(found, keys, "keys of the store");
    },
  },
  {
    name: "long listings are complete, and in order",
    async run(context) {
      const { store, prefix } = context;
      const many = Array.from({ length: 1100 }, (_, index) => `many/${String(index).padStart(5, "0")}.json`);
      const keys = await putAll(context, many);
      expectEqual(await listed(store, `${prefix}many/`), keys, "1,100 keys");
      expectEqual(await listed(store, `${prefix}many/`, { after: keys[1050]! }), keys.slice(1051), "the last keys");
      expectEqual(await listed(store, prefix, { delimiter: "/" }), [`${prefix}many/`], "the group of 1,100 keys");
    },
  },
  {
    name: "list shows at once what was written and what was deleted",
    async run({ store, prefix }) {
      const expected: string[] = [];
      for (let turn = 0; turn < 10; turn++) {
        const key = `${prefix}now/${turn}`;
        await store.put(key, text("x"));
        expected.push(key);
        expectEqual(await listed(store, `${prefix}now/`), expected, `keys after put ${turn}`);
      }
      while (expected.length > 0) {
        await store.delete(expected.shift()!);
        expectEqual(await listed(store, `${prefix}now/`), expected, "keys after delete");
      }
      expectEqual(await listed(store, prefix, { delimiter: "/" }), [], "groups after the last key was deleted");
    },
  },
  {
    name: "a listing that runs while others write has every key that was there all the time, once",
    async run(context) {
      const { store, prefix } = context;
      const stable = Array.from({ length: 60 }, (_, index) => `busy/${String(index * 2).padStart(3, "0")}`);
      const keys = await putAll(context, stable);
      const seen: string[] = [];
      let turn = 0;
      for await (const { key } of store.list(`${prefix}busy/`)) {
        seen.push(key);
        if (turn >= 60) continue;
        const other = `${prefix}busy/${String(((turn++ * 37) % 60) * 2 + 1).padStart(3, "0")}`;
        await store.put(other, text("new"));
        if (turn % 3 === 0) await store.delete(other);
      }
      expectEqual(
        seen.filter((key) => keys.includes(key)),
        keys,
        "keys that were there all the time",
      );
      expectTrue(
        seen.every((key, index) => index === 0 || compareCodePoints(seen[index - 1]!, key) < 0),
        "a listing among writes is out of order or repeats a key",
      );
    },
  },
  {
    name: "a listing may be left half way",
    async run(context) {
      const keys = await putAll(context, ["left/a", "left/b", "left/c/d"]);
      for (let turn = 0; turn < 20; turn++)
        for await (const { key } of context.store.list(context.prefix)) {
          expectEqual(key, keys[0], "the first key");
          break;
        }
      expectEqual(await listed(context.store, context.prefix), keys, "keys after others were left half way");
    },
  },
];

/** Writes one byte under each name, in an order that is not the sorted one; resolves to the sorted keys. */
async function putAll({ store, prefix }: StoreContext, names: readonly string[]): Promise<string[]> {
  const keys = names.map((name) => prefix + name);
  const waiting = [...keys].sort((a, b) => a.length - b.length || compareCodePoints(b, a));
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) await store.put(key, text("1"));
    }),
  );
  return keys.sort(compareCodePoints);
}

async function listed(store: Store, prefix: string, options?: ListOptions): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of store.list(prefix, options)) found.push(key);
  return found;
}

/** What a listing with a delimiter must give, by the definition. */
function grouped(keys: readonly string[], prefix: string, delimiter: string): string[] {
  const found = new Set<string>();
  for (const key of keys.filter((key) => key.startsWith(prefix))) {
    const at = key.indexOf(delimiter, prefix.length);
    found.add(at < 0 ? key : key.slice(0, at + delimiter.length));
  }
  return [...found].sort(compareCodePoints);
}
