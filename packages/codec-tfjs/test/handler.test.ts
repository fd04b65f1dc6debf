import { memoryPayloads } from "@modelkeep/core";
import { openRegistry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";
import { expect, test } from "vitest";

import { fromTfjs, modelkeepHandler, type TfjsArtifacts, tfjsCodec, toTfjs } from "../src/index.js";
import { decode, filesOf } from "./support.js";

/** What TensorFlow.js gave its handler when the model was written. */
async function artifactsOf(name: string): Promise<TfjsArtifacts> {
  return toTfjs(await tfjsCodec().decode(memoryPayloads(filesOf(name))));
}

const open = () => openRegistry({ store: memoryStore(), actor: "Ada <ada@example.org>", codecs: [tfjsCodec()] });

test.each(["wine-dense", "graph-words", "graph-uint16"])(
  "%s: what a handler is given comes back from the registry",
  async (name) => {
    const registry = await open();
    const artifacts = await artifactsOf(name);
    const result = await modelkeepHandler(registry, "kept", { metrics: { accuracy: 0.99 } }).save(artifacts);
    expect(result.saved.reference).toBe("kept@1");
    expect(result.saved.manifest.metrics).toEqual({ accuracy: 0.99 });
    expect(result.modelArtifactsInfo).toMatchObject({
      modelTopologyType: "JSON",
      weightDataBytes: (artifacts.weightData as ArrayBuffer).byteLength,
    });
    for (const reference of ["kept", "kept@1"])
      expect(await modelkeepHandler(registry, reference).load()).toEqual(artifacts);
  },
);

test("a handler of a version saves a new one", async () => {
  const registry = await open();
  await modelkeepHandler(registry, "kept").save(await artifactsOf("wine-dense"));
  const { saved } = await modelkeepHandler(registry, "kept@1").save(await artifactsOf("digits-conv"));
  expect(saved.reference).toBe("kept@2");
});

test("weights in several buffers, and more of them than one file holds, are the same weights", async () => {
  const artifacts = await artifactsOf("wine-dense");
  const whole = artifacts.weightData as ArrayBuffer;
  const parts = fromTfjs({ ...artifacts, weightData: [whole.slice(0, 100), whole.slice(100)] });
  expect(parts.tensors).toEqual((await decode("wine-dense")).tensors);
  const count = 1_500_000;
  const weightData = new Uint8Array(count * 4).map((_, at) => at % 120).buffer;
  const weightSpecs = [{ name: "large/kernel", shape: [count], dtype: "float32" as const }];
  const large = fromTfjs({ ...artifacts, weightData, weightSpecs });
  expect([...large.files.keys()]).toEqual(["model.json", "group1-shard1of2.bin", "group1-shard2of2.bin"]);
  expect(toTfjs(large).weightData).toEqual(weightData);
});

test("artifacts that do not agree are refused", async () => {
  const artifacts = await artifactsOf("wine-dense");
  const { weightData, modelTopology: _, ...without } = artifacts;
  expect(() => fromTfjs({ ...without, weightData: weightData! })).toThrow("no modelTopology");
  expect(() => fromTfjs({ ...artifacts, modelTopology: new ArrayBuffer(4) })).toThrow("no modelTopology");
  expect(() => fromTfjs({ ...artifacts, weightData: new ArrayBuffer(8) })).toThrow(
    expect.objectContaining({ code: "truncated" }),
  );
  const { weightData: none, ...specs } = artifacts;
  expect(none).toBeDefined();
  expect(() => fromTfjs(specs)).toThrow("no weightData");
});
