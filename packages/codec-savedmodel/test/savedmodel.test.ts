import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { collect, type MemoryFile, memoryPayloads } from "@modelkeep/core";
import { type CodecSample, codecSuite, runSuite } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";

import { savedModelCodec, type SavedModelFiles } from "../src/index.js";

const folder = new URL("../../../vectors/savedmodel/", import.meta.url).pathname;
const codec = savedModelCodec();

function filesOf(name: string): MemoryFile[] {
  const root = join(folder, name);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .toSorted((a, b) => Number(b === "saved_model.pb") - Number(a === "saved_model.pb"))
    .map((path) => ({ path, bytes: new Uint8Array(readFileSync(join(root, path))) }));
}

const samples: CodecSample<SavedModelFiles>[] = await Promise.all(
  ["hostile", "dense"].map(async (name) => ({ name, model: await codec.decode(memoryPayloads(filesOf(name))) })),
);

runSuite(codecSuite(codec, samples, { mutations: 100 }), { describe, test });

test("the files are written back byte for byte", async () => {
  const model = await codec.decode(memoryPayloads(filesOf("kinds")));
  const again = await codec.encode(model);
  expect(again[0]!.path).toBe("model/saved_model.pb");
  for (const { path, bytes } of filesOf("kinds")) {
    const source = again.find((each) => each.path === `model/${path}`)!;
    expect(await collect(source.open())).toEqual(bytes);
  }
});

test("inspect tells signature, variables and operators, and flags those that reach out", async () => {
  const dense = await codec.inspect!(memoryPayloads(filesOf("dense")));
  expect(dense).toMatchObject({
    signature: { inputs: [{ name: "features", dtype: "float32", shape: ["batch", 4] }] },
    parameters: 23,
    findings: [],
  });
  const hostile = await codec.inspect!(memoryPayloads(filesOf("hostile")));
  expect(hostile.findings!.map(({ operator, level }) => [operator, level])).toEqual([
    ["ReadFile", "danger"],
    ["WriteFile", "danger"],
  ]);
  // The graph alone tells its part.
  const graph = await codec.inspect!(memoryPayloads(filesOf("dense").slice(0, 1)));
  expect(graph.signature).toEqual(dense.signature);
});

test("inspect tells what Keras 2 and TensorFlow wrote beside the graph", async () => {
  const found = await codec.inspect!(memoryPayloads(filesOf("../tensorflow/trained-tabular-keras-2")));
  expect(found.details).toMatchObject({
    keras: { version: "2.21.0", classes: { Dense: 2, StringLookup: 1, Normalization: 1 } },
    fingerprint: {
      graph: expect.stringMatching(/^[0-9a-f]{16}$/) as unknown,
      uuid: expect.stringMatching(/^[0-9]+$/) as unknown,
    },
  });
});
