import { collectPayloads, type ModelState, type Payload, Tensor, tensorBytes } from "@modelkeep/core";
import { decodeTensors } from "@modelkeep/safetensors";
import { expect, test } from "vitest";

import { safetensorsCodec } from "./index.js";

const codec = safetensorsCodec();
const threshold = new Tensor("float64", [3], Float64Array.of(0.1, 0.2, 0.3));
const packed = new Tensor("int4", [5], Uint8Array.of(1, 2, 3));
const waves = new Tensor("complex128", [1], Float64Array.of(1, -1));
const model: ModelState = {
  flavor: "test",
  type: "forest",
  version: 2,
  state: { trees: [{ threshold }], packed, waves, classes: new Tensor("string", [2], ["a", "b"]) },
};

test("a model's tensors lie under the names of their places, for any reader", async () => {
  const files = await collectPayloads(await codec.encode(model));
  const { tensors, metadata } = decodeTensors(await files.main.buffer());
  expect([...tensors.keys()].sort()).toEqual(["packed", "trees.0.threshold", "waves"]);
  expect(tensors.get("trees.0.threshold")).toEqual(threshold);
  expect(tensors.get("packed")).toEqual(new Tensor("uint8", [3], Uint8Array.of(1, 2, 3)));
  expect(metadata.get("modelkeep.type")).toBe("forest");
});

test("they come back as views on one buffer", async () => {
  const files = await collectPayloads(await codec.encode(model));
  let buffer: ArrayBuffer | undefined;
  const main: Payload = {
    ...files.main,
    buffer: async (options) => (buffer = await files.main.buffer(options)),
  };
  const again = (await codec.decode({
    main,
    get: () => undefined,
    [Symbol.iterator]: () => [main].values(),
  })) as ModelState;
  const { trees } = again.state as unknown as { trees: { threshold: Tensor }[] };
  expect(again).toEqual({ ...model, state: Object.assign(Object.create(null), model.state) });
  expect(tensorBytes(trees[0]!.threshold).buffer).toBe(buffer);
});

test("inspect reads the header and nothing of the data", async () => {
  const large = { ...model, state: { weights: new Tensor("float32", [1_000_000], new Float32Array(1_000_000)) } };
  const files = await collectPayloads(await codec.encode(large));
  let read = 0;
  const main: Payload = {
    ...files.main,
    range: async (start, end) => {
      read += end - start;
      return files.main.range(start, end);
    },
    buffer: () => Promise.reject(new Error("read whole")),
    bytes: () => Promise.reject(new Error("read whole")),
  };
  const inspection = await codec.inspect?.({ main, get: () => undefined, [Symbol.iterator]: () => [main].values() });
  expect(inspection).toMatchObject({
    summary: "safetensors: forest of test, tensors: 1, elements: 1000000",
    tensors: [{ name: "weights", dtype: "float32", shape: [1_000_000], bytes: 4_000_000 }],
    parameters: 1_000_000,
  });
  expect(read).toBeLessThan(1000);
});

test("somebody's tensors are not passed off as a model of ours, nor strings as bytes", async () => {
  const tensors = new Map([["a", threshold]]);
  const metadata = new Map([["modelkeep.format", "modelkeep.state/1"]]);
  await expect(codec.encode({ tensors, metadata })).rejects.toMatchObject({ code: "invalid_input" });
  const strings = new Map([["a", new Tensor("string", [1], ["a"])]]);
  await expect(codec.encode({ tensors: strings, metadata: new Map() })).rejects.toMatchObject({ code: "unsupported" });
});
