import { expect, test } from "vitest";
import { groupEntry, groupOf, listedInOrder, textAfterAll } from "./listing.js";
import type { ListEntry, ListOptions } from "./store.js";

const object = (key: string): ListEntry => ({ key, size: 1, modified: new Date(1) });

async function listed(pages: readonly (readonly ListEntry[])[], prefix = "", options: ListOptions = {}) {
  const source = async function* () {
    yield* pages;
  };
  const keys: string[] = [];
  for await (const { key } of listedInOrder("odd", source(), prefix, options)) keys.push(key);
  return keys;
}

test("the end of a prefix is the first text that is beyond it", () => {
  expect(textAfterAll("models/")).toBe("models0");
  expect(textAfterAll("a\u{10ffff}")).toBe("b");
  expect(textAfterAll("\ud7ff")).toBe("\ue000");
  expect(textAfterAll("\uffff")).toBe("\u{10000}");
  expect(textAfterAll("\u{10ffff}")).toBeUndefined();
});

test("a group ends with the first delimiter behind the prefix", () => {
  expect(groupOf("a/b/c", "a/", "/")).toBe("a/b/");
  expect(groupOf("a/b", "a/", "/")).toBeUndefined();
  expect(groupOf("a--b", "", "--")).toBe("a--");
  expect(groupOf("a/b", "", undefined)).toBeUndefined();
});

test("objects and groups of a page are brought into one order", async () => {
  expect(await listed([[object("a"), object("c"), groupEntry("b/")], [object("d")]])).toEqual(["a", "b/", "c", "d"]);
});

test("groups are made where the service makes none, and told once over pages", async () => {
  const pages = [
    [object("a--1"), object("a--2")],
    [object("a--3"), object("b")],
  ];
  expect(await listed(pages, "", { delimiter: "--" })).toEqual(["a--", "b"]);
});

test("what comes not after `after`, lies elsewhere or is no key is passed over", async () => {
  const pages = [[object("p/a"), object("p/b"), object("p/c//d"), object("p/e/"), object("q"), groupEntry("/")]];
  expect(await listed(pages, "p/", { after: "p/a" })).toEqual(["p/b"]);
});

test("another order is refused, over pages as well", async () => {
  await expect(listed([[object("b")], [object("a")]])).rejects.toThrow(/^\[odd\] The service lists "a" after "b"/u);
  await expect(listed([[object("a")], [object("a")]])).rejects.toMatchObject({ code: "unsupported" });
});
