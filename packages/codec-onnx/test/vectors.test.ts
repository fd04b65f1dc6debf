import { collect, memoryPayloads, Tensor } from "@modelkeep/core";
import { fuzzDecoder, runSuite, vectorSuite } from "@modelkeep/testkit";
import { readVectors } from "@modelkeep/testkit/node";
import { describe, expect, test } from "vitest";

import { jsRuntime, onnxCodec } from "../src/index.js";
import { samples } from "./samples.js";

const folder = new URL("../../../vectors/", import.meta.url);
const vectors = [...readVectors(new URL("onnx/", folder)), ...readVectors(new URL("onnx-models/", folder))];

runSuite(vectorSuite(onnxCodec(), vectors), { describe, test }, { name: "vectors" });

const seeds = vectors
  .filter(({ files }) => files.length === 1 && files[0]!.bytes.length < 4000)
  .map(({ files }) => files[0]!.bytes);
const payloads = (bytes: Uint8Array) => memoryPayloads([{ path: "model.onnx", bytes }]);

test("mutated files give a model or a typed error, read whole or in ranges", { timeout: 600_000 }, async () => {
  const codec = onnxCodec();
  const whole = await fuzzDecoder({ seeds, decode: (bytes) => codec.decode(payloads(bytes)) });
  expect(whole.accepted).toBeLessThan(whole.runs);
  const runs = Math.ceil(whole.runs / 4);
  await fuzzDecoder({ seeds, decode: (bytes) => codec.inspect?.(payloads(bytes)), runs, seed: 2 });
});

test("mutated files are refused by the evaluator, or run", { timeout: 600_000 }, async () => {
  const own = await Promise.all(
    samples.map(async ({ model }) => collect((await onnxCodec().encode(model))[0]!.open())),
  );
  const x = new Tensor("float64", [3, 2], Float64Array.of(0, 1, -2, NaN, 1e300, 0.5));
  const decode = async (bytes: Uint8Array) =>
    (await jsRuntime().predictor(payloads(bytes))).predict(new Map([["x", x]]));
  // A mutated size may ask for a tensor of 2^26 elements, which takes its time.
  const { accepted, runs } = await fuzzDecoder({
    seeds: [...seeds, ...own],
    decode,
    runs: 5000,
    seed: 3,
    time: 20_000,
  });
  expect(accepted).toBeGreaterThan(0);
  expect(accepted).toBeLessThan(runs);
});
