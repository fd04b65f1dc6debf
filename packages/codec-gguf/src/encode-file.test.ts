import { Tensor } from "@modelkeep/core";
import { expect, test } from "vitest";

import { ggufCodec, type GgufFile, type GgufValue, QuantizedTensor } from "./index.js";

const codec = ggufCodec();
const empty: GgufFile = { byteOrder: "little", metadata: new Map(), tensors: new Map() };
const withValue = (value: unknown, key = "a"): GgufFile => ({
  ...empty,
  metadata: new Map([[key, value as GgufValue]]),
});
const withTensor = (tensor: Tensor, name = "a"): GgufFile => ({ ...empty, tensors: new Map([[name, tensor]]) });
const one = new Tensor("int8", [1], Int8Array.of(1));

test.each([
  ["a number beyond its type", withValue({ type: "uint8", value: 256 })],
  ["a fraction as an integer", withValue({ type: "int32", value: 0.5 })],
  ["a number beyond float32", withValue({ type: "float32", value: 1e300 })],
  ["a number as a bigint", withValue({ type: "uint64", value: 1 })],
  ["a bigint below zero", withValue({ type: "uint64", value: -1n })],
  ["half a surrogate pair", withValue({ type: "string", value: "\ud800" })],
  ["an array of another kind", withValue({ type: "array", items: "int8", value: Uint8Array.of(1) })],
  ["a list for numbers", withValue({ type: "array", items: "int8", value: [1] })],
  ["an unknown type", withValue({ type: "complex", value: 1 })],
  ["a bool of 2", withValue({ type: "array", items: "bool", value: Uint8Array.of(2) })],
  ["an alignment of 3", withValue({ type: "uint32", value: 3 }, "general.alignment")],
  ["an empty name", withTensor(one, "")],
  ["a prototype's name", withTensor(one, "__proto__")],
])("%s is not written", async (_, file) => {
  await expect(codec.encode(file)).rejects.toMatchObject({ code: "invalid_input" });
});

test("dtypes and ranks that GGUF lacks are unsupported", async () => {
  for (const tensor of [
    new Tensor("bool", [1], Uint8Array.of(1)),
    new Tensor("int8", [1, 1, 1, 1, 1], Int8Array.of(1)),
  ])
    await expect(codec.encode(withTensor(tensor))).rejects.toMatchObject({ code: "unsupported" });
});

test("a header that would not be read again is not written", async () => {
  const large = withValue({ type: "array", items: "uint8", value: new Uint8Array(100_000_000) });
  await expect(codec.encode(large)).rejects.toMatchObject({ code: "limit_exceeded" });
});

test("a quantised tensor has whole blocks in each row, and as many bytes as they need", () => {
  const make = (type: string, shape: readonly number[], bytes: number) => () =>
    new QuantizedTensor(type, shape, new Uint8Array(bytes));
  expect(make("Q4_0", [16, 2], 18)).toThrow(/whole number of blocks/u);
  expect(make("Q4_0", [32], 17)).toThrow(/18 bytes/u);
  expect(make("F32", [1], 4)).toThrow(/no quantised type/u);
});
