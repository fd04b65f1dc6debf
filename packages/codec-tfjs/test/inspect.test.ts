import { expect, test } from "vitest";

import { filesOf, inspect, modelFiles } from "./support.js";

test("a model of layers tells them, its weights and files", async () => {
  const found = await inspect(filesOf("wine-dense"));
  expect(found).toMatchObject({ parameters: 13 * 4 + 13 * 16 + 16 + 16 * 3 + 3, findings: [] });
  expect(found.summary).toMatch(/^layers-model of TensorFlow\.js tfjs-layers v4\.22\.0, layers: 4, weights: 8/u);
  expect(found.details).toMatchObject({
    format: "layers-model",
    files: ["group1-shard1of3.bin", "group1-shard2of3.bin", "group1-shard3of3.bin"],
    layers: [
      { name: "scale", class: "BatchNormalization", shape: [null, 13] },
      { class: "Dense" },
      {},
      { name: "cultivar" },
    ],
  });
});

test("a graph tells its signature, operators, and how its weights are quantised", async () => {
  const found = await inspect(filesOf("graph-uint8"));
  expect(found).toMatchObject({
    signature: {
      inputs: [{ dtype: "float32", shape: ["batch", 6] }],
      outputs: [{ dtype: "float32", shape: ["batch", 3] }],
    },
    details: { format: "graph-model", convertedBy: "TensorFlow.js Converter v4.22.0", quantization: { uint8: 4 } },
    findings: [],
  });
  expect(found.operators).toContainEqual({ name: "_FusedMatMul", count: expect.any(Number) as unknown });
});

test("operators within functions are counted, and an initializer is told", async () => {
  const loops = await inspect(filesOf("graph-lstm"));
  expect(loops.operators!.map(({ name }) => name)).toContain("TensorListSetItem");
  expect((await inspect(filesOf("graph-words"))).details).toHaveProperty("initializer");
});

test("the description alone tells its part; some files without others are a warning", async () => {
  const files = filesOf("wine-dense");
  expect((await inspect(files.slice(0, 1))).findings).toEqual([]);
  expect((await inspect(files.slice(0, 2))).findings).toMatchObject([{ level: "warning", kind: "tfjs_missing_file" }]);
});

const layers = (...list: readonly unknown[]) =>
  modelFiles({ format: "layers-model", modelTopology: { class_name: "Sequential", config: { layers: list } } });

test("classes that are none of TensorFlow.js are warnings, and Python code is a danger, at any depth", async () => {
  const own = { class_name: "Doubling", config: { name: "twice" } };
  const lambda = { class_name: "Lambda", config: { name: "code", function: ["4wEAAAA", null, null] } };
  const { findings } = await inspect(layers(own, { class_name: "TimeDistributed", config: { layer: lambda } }));
  expect(findings).toMatchObject([
    { level: "warning", kind: "tfjs_custom_class", where: "config.layers[0]" },
    { level: "danger", kind: "keras_lambda", where: "config.layers[1].config.layer" },
  ]);
});

test("operators that reach out are a danger, those that are none of TensorFlow.js a warning", async () => {
  const node = [
    { name: "a", op: "ReadFile" },
    { name: "b", op: "Mystery" },
    { name: "c", op: "Relu" },
  ];
  const { findings } = await inspect(modelFiles({ modelTopology: { node } }));
  expect(findings).toMatchObject([
    { level: "danger", operator: "ReadFile" },
    { level: "warning", operator: "Mystery" },
  ]);
});
