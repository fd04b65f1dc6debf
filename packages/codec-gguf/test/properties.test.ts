import { readdirSync, readFileSync } from "node:fs";

import { collectPayloads, type DType, memoryPayloads, tensorFromBytes } from "@modelkeep/core";
import { differenceOf, fuzzDecoder } from "@modelkeep/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";

import { ggmlTypes } from "../src/ggml-types.js";
import { ggufCodec, type GgufFile, type GgufValue, QuantizedTensor } from "../src/index.js";
import { samples } from "./samples.js";

const codec = ggufCodec();
const full = process.env["MODELKEEP_RELIABILITY"] === "full";

const name = fc.string({ minLength: 1, maxLength: 20, unit: "grapheme" }).filter((text) => text !== "__proto__");
const scalar: fc.Arbitrary<GgufValue> = fc.oneof(
  fc.record({ type: fc.constant("uint8" as const), value: fc.nat(255) }),
  fc.record({ type: fc.constant("int16" as const), value: fc.integer({ min: -32_768, max: 32_767 }) }),
  fc.record({ type: fc.constant("uint32" as const), value: fc.nat(2 ** 32 - 1) }),
  fc.record({ type: fc.constant("float32" as const), value: fc.float() }),
  fc.record({ type: fc.constant("float64" as const), value: fc.double() }),
  fc.record({ type: fc.constant("bool" as const), value: fc.boolean() }),
  fc.record({ type: fc.constant("string" as const), value: fc.string({ unit: "binary" }) }),
  fc.record({ type: fc.constant("uint64" as const), value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) }),
  fc.record({ type: fc.constant("int64" as const), value: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) }),
);
const flatArray: fc.Arbitrary<Extract<GgufValue, { type: "array" }>> = fc.oneof(
  fc
    .array(fc.string({ unit: "grapheme" }), { maxLength: 5 })
    .map((value) => ({ type: "array" as const, items: "string" as const, value })),
  fc.int32Array({ maxLength: 5 }).map((value) => ({ type: "array" as const, items: "int32" as const, value })),
  fc.float64Array({ maxLength: 5 }).map((value) => ({ type: "array" as const, items: "float64" as const, value })),
  fc.bigUint64Array({ maxLength: 5 }).map((value) => ({ type: "array" as const, items: "uint64" as const, value })),
);
const array = fc.oneof(
  flatArray,
  fc.array(flatArray, { maxLength: 4 }).map((value) => ({ type: "array" as const, items: "array" as const, value })),
);
const tensor = fc
  .record({ type: fc.constantFrom(...ggmlTypes), rows: fc.array(fc.nat(3), { maxLength: 3 }), columns: fc.nat(3) })
  .chain(({ type, rows, columns }) => {
    const shape = [...rows, columns * type.blockSize];
    const size = shape.reduce((product, each) => product * each, 1) / type.blockSize;
    return fc
      .uint8Array({ minLength: size * type.blockBytes, maxLength: size * type.blockBytes })
      .map((bytes) =>
        type.dtype === undefined
          ? new QuantizedTensor(type.name, shape, bytes)
          : tensorFromBytes(type.dtype satisfies DType, shape, bytes),
      );
  });
const file: fc.Arbitrary<GgufFile> = fc.record({
  byteOrder: fc.constantFrom("little" as const, "big" as const),
  metadata: fc.array(fc.tuple(name, fc.oneof(scalar, array)), { maxLength: 6 }).map((entries) => new Map(entries)),
  tensors: fc.array(fc.tuple(name, tensor), { maxLength: 4 }).map((entries) => new Map(entries)),
});

test("any file comes back as it was", { timeout: 600_000 }, async () => {
  const property = fc.asyncProperty(file, async (model) => {
    const files = await collectPayloads(await codec.encode(model));
    expect(differenceOf(await codec.decode(files), model)).toBeUndefined();
  });
  await fc.assert(property, { numRuns: full ? 20_000 : 300, seed: 2026 });
});

test("mutated files give a file or a typed error", { timeout: 600_000 }, async () => {
  const folder = new URL("../../../vectors/gguf-files/", import.meta.url);
  const seeds: Uint8Array[] = readdirSync(folder)
    .filter((path) => path.endsWith(".gguf"))
    .map((path) => new Uint8Array(readFileSync(new URL(path, folder))));
  for (const { model } of samples) seeds.push(await (await collectPayloads(await codec.encode(model))).main.bytes());
  const decode = async (bytes: Uint8Array) => {
    const payloads = memoryPayloads([{ path: "model.gguf", bytes }]);
    await codec.inspect!(payloads);
    return codec.decode(payloads);
  };
  const runs = Number(process.env["MODELKEEP_FUZZ_RUNS"] ?? 5000);
  const { accepted, refused } = await fuzzDecoder({ seeds, decode, runs });
  expect(accepted).toBeLessThan(runs);
  expect(refused.get("malformed")).toBeGreaterThan(0);
  expect(refused.get("truncated")).toBeGreaterThan(0);
});
