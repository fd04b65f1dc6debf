import { type Json, memoryPayloads } from "@modelkeep/core";
import { fuzzDecoder } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";

import { tfjsCodec } from "../src/index.js";
import { filesOf, inspect, modelFiles, weighing } from "./support.js";

const codec = tfjsCodec();
const full = process.env["MODELKEEP_RELIABILITY"] === "full";
const weight = (more: { readonly [key: string]: Json } = {}): Json => ({
  name: "a",
  shape: [2],
  dtype: "float32",
  ...more,
});
const topology = { class_name: "Sequential", config: { name: "m", layers: [] } };
const named = (paths: readonly unknown[]) =>
  modelFiles({ modelTopology: topology, weightsManifest: [{ paths, weights: [] }] }, { a: new Uint8Array(0) });
const nested = (depth: number): string => `{"modelTopology":${"[".repeat(depth)}${"]".repeat(depth)}}`;

describe("every file is from a stranger", () => {
  test.each([
    ["a path that leaves the folder", named(["../secret.bin"]), "refused"],
    ["a path that leaves it later", named(["a/../../secret.bin"]), "refused"],
    ["an absolute path", named(["/etc/passwd"]), "refused"],
    ["an address", named(["https://example.org/weights.bin"]), "refused"],
    ["a path of another system", named(["C:\\weights.bin"]), "refused"],
    ["the same file twice", named(["a", "./a"]), "malformed"],
    ["a path that is none", named([7]), "malformed"],
    ["a file that is missing", named(["b"]), "not_found"],
    ["fewer bytes than the weights", weighing([weight()], new Uint8Array(4)), "truncated"],
    ["more bytes than the weights", weighing([weight()], new Uint8Array(12)), "malformed"],
    ["a shape beyond all measure", weighing([weight({ shape: [2 ** 40, 2 ** 40] })], new Uint8Array(8)), "malformed"],
    ["a large shape and a small file", weighing([weight({ shape: [2 ** 40] })], new Uint8Array(8)), "truncated"],
    [
      "many texts and a small file",
      weighing([weight({ dtype: "string", shape: [2 ** 31] })], new Uint8Array(8)),
      "truncated",
    ],
    [
      "a text longer than the file",
      weighing([weight({ dtype: "string", shape: [1] })], Uint8Array.of(255, 255, 255, 255)),
      "truncated",
    ],
    ["a size below zero", weighing([weight({ shape: [-1] })], new Uint8Array(8)), "malformed"],
    ["a shape that is none", weighing([weight({ shape: "2" })], new Uint8Array(8)), "malformed"],
    [
      "two weights of one name",
      weighing([weight({ shape: [1] }), weight({ shape: [1] })], new Uint8Array(8)),
      "malformed",
    ],
    ["a weight called __proto__", weighing([weight({ name: "__proto__" })], new Uint8Array(8)), "malformed"],
    ["a weight without a name", weighing([weight({ name: 3 })], new Uint8Array(8)), "malformed"],
    [
      "an element type that TensorFlow.js lacks",
      weighing([weight({ dtype: "float64" })], new Uint8Array(16)),
      "unsupported",
    ],
    [
      "quantisation of another kind",
      weighing([weight({ quantization: { dtype: "uint4" } })], new Uint8Array(2)),
      "malformed",
    ],
    [
      "quantisation without a scale",
      weighing([weight({ quantization: { dtype: "uint8", min: 0 } })], new Uint8Array(2)),
      "malformed",
    ],
    [
      "half precision of integers",
      weighing([weight({ dtype: "int32", quantization: { dtype: "float16" } })], new Uint8Array(4)),
      "malformed",
    ],
    [
      "quantised texts",
      weighing([weight({ dtype: "string", quantization: { dtype: "uint8", min: 0, scale: 1 } })], new Uint8Array(2)),
      "malformed",
    ],
    ["a member __proto__", modelFiles('{"modelTopology":{"__proto__":{}}}'), "malformed"],
    ["a member twice", modelFiles('{"modelTopology":{},"modelTopology":{}}'), "malformed"],
    ["deep nesting", modelFiles(nested(5000)), "malformed"],
    ["no topology", modelFiles({ weightsManifest: [] }), "malformed"],
    ["another format", modelFiles({ format: "other", modelTopology: {} }), "unsupported"],
    ["a manifest that is none", modelFiles({ modelTopology: {}, weightsManifest: 3 }), "malformed"],
    ["nothing", modelFiles(""), "malformed"],
  ])("%s is a typed error", async (_, files, code) => {
    await expect(codec.decode(memoryPayloads(files))).rejects.toMatchObject({ code });
  });

  test("the limits hold", async () => {
    const files = memoryPayloads(filesOf("wine-dense"));
    for (const limits of [{ bytes: 100 }, { items: 2 }])
      await expect(codec.decode(files, { limits })).rejects.toMatchObject({ code: "limit_exceeded" });
    // Quantised weights are four times as large in memory as in the file.
    const quantized = weighing(
      [weight({ shape: [4000], quantization: { dtype: "uint8", min: 0, scale: 1 } })],
      new Uint8Array(4000),
    );
    await expect(codec.decode(memoryPayloads(quantized), { limits: { bytes: 10_000 } })).rejects.toMatchObject({
      code: "limit_exceeded",
    });
  });

  test.each(["wine-dense", "graph-uint8", "graph-words"])("%s mutated gives a model or a typed error", async (name) => {
    const [main, ...rest] = filesOf(name);
    const runs = full ? 20_000 : 150;
    const payloads = (bytes: Uint8Array) => memoryPayloads([{ path: "model.json", bytes }, ...rest]);
    await fuzzDecoder({ seeds: [main!.bytes], decode: async (bytes) => codec.decode(payloads(bytes)), runs });
    await fuzzDecoder({
      seeds: [main!.bytes],
      decode: async (bytes) => inspect([{ path: "model.json", bytes }]),
      runs,
      seed: 2,
    });
  });
});

describe("weights become what TensorFlow.js makes of them", () => {
  const read = async (files: ReturnType<typeof weighing>) =>
    [...(await codec.decode(memoryPayloads(files))).tensors.values()][0]!;

  test("uint8 and uint16, in doubles and rounded once", async () => {
    const eight = await read(
      weighing([weight({ quantization: { dtype: "uint8", scale: 0.1, min: -1 } })], Uint8Array.of(3, 255)),
    );
    expect([...(eight.data as Float32Array)]).toEqual([3 * 0.1 - 1, 255 * 0.1 - 1].map(Math.fround));
    const sixteen = await read(
      weighing(
        [weight({ dtype: "int32", quantization: { dtype: "uint16", scale: 0.5, min: 0.25 } })],
        Uint8Array.of(3, 0, 255, 255),
      ),
    );
    expect([sixteen.dtype, ...(sixteen.data as Int32Array)]).toEqual(["int32", 2, 32_768]);
  });

  test("half precision, also below its normal numbers", async () => {
    const half = await read(weighing([weight({ quantization: { dtype: "float16" } })], Uint8Array.of(1, 0, 0, 0xc0)));
    expect([...(half.data as Float32Array)]).toEqual([2 ** -24, -2]);
  });

  test("complex numbers and booleans; texts are left out of the tensors", async () => {
    const complex = await read(
      weighing([weight({ dtype: "complex64", shape: [] })], new Uint8Array(Float32Array.of(1, -2).buffer)),
    );
    expect([complex.dtype, complex.shape]).toEqual(["complex64", []]);
    const bool = await read(weighing([weight({ dtype: "bool", shape: [2] })], Uint8Array.of(1, 0)));
    expect([bool.dtype, ...(bool.data as Uint8Array)]).toEqual(["bool", 1, 0]);
    expect(
      await read(weighing([weight({ dtype: "string", shape: [1] })], Uint8Array.of(1, 0, 0, 0, 97))),
    ).toBeUndefined();
  });
});
