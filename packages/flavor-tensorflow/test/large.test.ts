import { expect, test } from "vitest";

import { outcome } from "./outcome.js";
import { call, functionOf, message, node, savedModel, type } from "./saved-model-writer.js";

const float = type(1);

test("lists of hundreds of thousands of numbers, packed, are read like others", async () => {
  const count = 300_000;
  const numbers = new Uint8Array(count).fill(1);
  const lists = {
    ksize: message([1, message([3, numbers])]),
    floats: message([1, message([4, new Uint8Array(4 * count)])]),
  };
  const files = savedModel([node("y", "MaxPool", ["x"], { ...lists, T: float })], "y:0");
  expect(await outcome(files)).toMatch(/^(malformed|unsupported): /);
  const cut = { ksize: message([1, message([3, Uint8Array.of(1, 0x80)])]) };
  expect(await outcome(savedModel([node("y", "MaxPool", ["x"], { ...cut, T: float })], "y:0"))).toMatch(
    /^malformed: .*cut off/,
  );
});

test("collections and functions of hundreds of thousands of parts are refused or passed over", async () => {
  // Fields that follow each other are one message.
  const many = (part: (index: number) => Uint8Array) => Array.from({ length: 300_000 }, (_, index) => part(index));
  const names = Buffer.concat(many(() => message([1, "x"])));
  const collection = message([1, "table_initializer"], [2, message([1, names])]);
  const relu = [node("y", "Relu", ["x"], { T: float })];
  expect(await outcome(savedModel(relu, "y:0", [], [collection]))).toBe("converted");

  const body = many((index) => message([3, node(`n${index}`, "Relu", ["a"], { T: float })]));
  const large = Buffer.concat([functionOf("f_large", ["a"], { r: "n0:activations:0" }, []), Buffer.concat(body)]);
  const branches = { then_branch: call("f_large"), else_branch: call("f_large") };
  const files = savedModel([node("y", "StatelessIf", ["x"], branches)], "y:0", [large]);
  expect(await outcome(files)).toMatch(/^(malformed|unsupported|limit_exceeded): /);
});
