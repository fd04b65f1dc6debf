import { expect, test } from "vitest";

import { isModelkeepError } from "./errors.js";
import type { StateValue } from "./state.js";
import { documentOfModel, stateFormat } from "./state-document.js";
import { stateToTree, treeToState } from "./state-tree.js";
import { Tensor } from "./tensor.js";

const tensor = new Tensor("float64", [1], new Float64Array([1]));
const marked = (value: StateValue) => stateToTree(value, (leaf) => new Map([["$tensor", leaf]]));
const back = (tree: unknown) => treeToState(tree, (leaf) => leaf as Tensor);

test("a state and its tree say the same", () => {
  const state = { a: [1, -0, Number.NaN, -Infinity, null, true, "é"], b: { c: tensor }, "": {}, list: [] };
  expect(back(marked(state))).toEqual(Object.assign(Object.create(null), state));
});

test("keys that look like markers or like a prototype are data", () => {
  const state = JSON.parse('{"$tensor":{"$number":"-0"},"$":1,"$$a":2,"__proto__":{"polluted":true},"constructor":3}');
  const tree = marked(state) as Map<string, unknown>;
  expect([...tree.keys()]).toEqual(["$$tensor", "$$", "$$$a", "$__proto__", "constructor"]);
  const again = back(tree) as Record<string, StateValue>;
  expect(Object.getPrototypeOf(again)).toBeNull();
  expect(Object.keys(again)).toEqual(["$tensor", "$", "$$a", "__proto__", "constructor"]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test.each<[unknown, string]>([
  [undefined, "undefined"],
  [[1n], "bigint"],
  [{ a: new Date() }, "Date"],
  [[new Map()], "Map"],
  [[() => 1], "function"],
  [["\ud800"], "surrogate"],
  [{ "\ud800": 1 }, "surrogate"],
  [Array.from({ length: 2 }), "undefined"],
])("%o is not plain state", (value, word) => {
  expect(() => marked(value as StateValue)).toThrow(
    expect.objectContaining({ code: "invalid_input", message: expect.stringContaining(word) }),
  );
});

test("what refers to itself ends as an error, not as a crash", () => {
  const loop: StateValue[] = [];
  loop.push(loop);
  expect(() => marked(loop)).toThrow(expect.objectContaining({ code: "invalid_input" }));
});

test.each<[unknown]>([
  [{ $unknown: 1 }],
  [{ $number: "1" }],
  [{ $number: "NaN", more: 1 }],
  [new Map([["__proto__", 1]])],
  [new Map([[1, 1]])],
  [["\udc00"]],
  [[1n]],
  [[new Uint8Array(1)]],
])("%o is no tree of ours", (tree) => {
  expect(() => back(tree)).toThrow(expect.objectContaining({ code: "malformed" }));
});

test("a tree that is too deep is refused before the stack ends", () => {
  let tree: unknown = 1;
  for (let level = 0; level < 100_000; level++) tree = [tree];
  let error: unknown;
  try {
    back(tree);
  } catch (thrown) {
    error = thrown;
  }
  expect(isModelkeepError(error, "limit_exceeded")).toBe(true);
});

test("the names of a model are text, as everything in it", () => {
  const model = { flavor: "a", type: "b", version: 1, state: null };
  expect(documentOfModel(model, () => null)).toEqual({ format: stateFormat, ...model });
  for (const broken of [
    { ...model, flavor: "\ud800" },
    { ...model, type: "\udc00" },
  ])
    expect(() => documentOfModel(broken, () => null)).toThrow(expect.objectContaining({ code: "invalid_input" }));
});
