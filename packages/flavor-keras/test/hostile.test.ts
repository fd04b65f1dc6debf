import { readFileSync } from "node:fs";

import { isModelkeepError, type Json, memoryPayloads } from "@modelkeep/core";
import { kerasCodec } from "@modelkeep/codec-keras";
import { checkModel, encodeModelBytes } from "@modelkeep/onnx";
import { mutateJson, randomNumbers } from "@modelkeep/testkit";
import { expect, test } from "vitest";

import { convertKeras } from "../src/index.js";
import type { Recording } from "./fixture.js";

const folder = new URL("../../../vectors/keras-onnx/", import.meta.url);
const index = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as readonly Recording[];
const files = index.map(({ file }) => file).filter((file) => !/^(?:wine|series|digits)/u.test(file));
const runs = Number(process.env["MODELKEEP_FUZZ_RUNS"] ?? 150);
const seed = Number(process.env["MODELKEEP_TEST_SEED"] ?? 1);

const replacements: readonly Json[] = [
  null,
  true,
  false,
  0,
  -1,
  1,
  2,
  7,
  1e308,
  0.5,
  2 ** 31,
  "",
  "same",
  "relu",
  "softmax",
  "LSTM",
  "Sequential",
  [],
  [1],
  [0, 0],
  [
    [1, 2],
    [3, 4],
  ],
  [null, 3],
  {},
  ["out_0", 0, 0],
];

test(
  "a changed architecture gives a model or a typed error, quickly",
  { timeout: 120_000 + runs * 50 },
  async ({ task }) => {
    const next = randomNumbers(seed);
    const random = (below: number) => Math.floor(next() * below);
    const decoded = await Promise.all(
      files.map(async (file) => {
        const bytes = new Uint8Array(readFileSync(new URL(file, folder)));
        return { file, ...(await kerasCodec().decode(memoryPayloads([{ path: file, bytes }]))) };
      }),
    );
    const wrong: string[] = [];
    let converted = 0;
    for (let run = 0; run < runs; run++) {
      const { file, tensors, metadata } = decoded[random(decoded.length)]!;
      const config = JSON.parse(metadata.get("keras.config")!) as Json;
      for (let count = 1 + random(3); count > 0; count--) mutateJson(config, next, replacements);
      const text = JSON.stringify(config);
      const start = performance.now();
      try {
        const { model } = convertKeras({ tensors, metadata: new Map([...metadata, ["keras.config", text]]) });
        checkModel(model);
        encodeModelBytes(model);
        converted++;
      } catch (error) {
        if (!isModelkeepError(error))
          wrong.push(`${file}, run ${run}: ${String((error as Error).stack).slice(0, 400)}`);
      }
      if (performance.now() - start > 60_000)
        wrong.push(`${file}, run ${run}: it took ${performance.now() - start} ms`);
    }
    Object.assign(task.meta, { counts: { architectures: runs } });
    expect(wrong).toEqual([]);
    expect(converted).toBeGreaterThan(0);
  },
);

test("a layer that is called with hundreds of thousands of tensors is refused", () => {
  const input = { class_name: "InputLayer", config: { name: "x", batch_shape: [null, 2] }, inbound_nodes: [] };
  const tensor = { class_name: "__keras_tensor__", config: { keras_history: ["x", 0, 0] } };
  const many = Array.from({ length: 300_000 }, () => tensor);
  const add = { class_name: "Add", config: { name: "y" }, inbound_nodes: [{ args: [many], kwargs: {} }] };
  const ends = { input_layers: [["x", 0, 0]], output_layers: [["y", 0, 0]] };
  const config = {
    class_name: "Functional",
    config: {
      name: "m",
      layers: [
        { ...input, name: "x" },
        { ...add, name: "y" },
      ],
      ...ends,
    },
  };
  const metadata = new Map([["keras.config", JSON.stringify(config)]]);
  expect(() => convertKeras({ tensors: new Map(), metadata })).toThrow(
    expect.objectContaining({ code: "limit_exceeded" }),
  );
});
