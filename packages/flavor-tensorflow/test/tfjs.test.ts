import { readdirSync, readFileSync } from "node:fs";

import { type Json } from "@modelkeep/core";
import { checkModel, evaluator, missingOperators } from "@modelkeep/onnx";
import { readTfjsModel, type TfjsModel } from "@modelkeep/tfjs";
import { describe, expect, test } from "vitest";

import { convertTfjsGraph, tfjsGraphConverter } from "../src/index.js";
import { difference, type Recording, runNative, tensorsOf } from "./recordings.js";

/** What docs/guides/keep-a-tensorflowjs-model.md says of these models; promised is 1e-5. */
const measured = 1e-6;
const folder = new URL("../../../vectors/tfjs/", import.meta.url);

function model(name: string): TfjsModel {
  const own = new URL(`${name}/`, folder);
  const files = readdirSync(own).map((path) => [path, new Uint8Array(readFileSync(new URL(path, own)))] as const);
  return readTfjsModel("model.json", new Map(files));
}

function recordingOf(name: string): Pick<Recording, "inputs" | "outputs"> {
  return JSON.parse(readFileSync(new URL(`${name}.recording.json`, folder), "utf8")) as Recording;
}

const converted = "conv dense uint8 uint16 float16 lstm shapes words".split(" ").map((name) => `graph-${name}`);

describe("graphs of TensorFlow.js predict the same as ONNX", () => {
  test.each(converted)("%s", async (name) => {
    const { model: onnx, signature } = await convertTfjsGraph(model(name));
    checkModel(onnx);
    const recording = recordingOf(name);
    expect(signature.inputs.map((each) => each.name).toSorted()).toEqual(Object.keys(recording.inputs).toSorted());
    const [inputs, outputs] = [tensorsOf(recording.inputs), tensorsOf(recording.outputs)];
    const native = difference(await runNative(onnx, inputs), outputs);
    expect(native.worst, native.what).toBeLessThanOrEqual(measured);
    if (missingOperators(onnx).length > 0) return;
    const own = difference(evaluator(onnx).run(inputs), outputs);
    expect(own.worst, own.what).toBeLessThanOrEqual(measured);
  });
});

test("loops as TensorFlow 1 had them are in the way, and how to do without is said", async () => {
  await expect(convertTfjsGraph(model("graph-old-loops"))).rejects.toMatchObject({
    code: "unsupported",
    message: expect.stringContaining("--control_flow_v2=True") as unknown,
  });
});

test("the converter takes graphs alone", async () => {
  const converter = tfjsGraphConverter();
  expect([converter.owns(model("graph-dense")), converter.owns(model("wine-dense"))]).toEqual([true, false]);
  await expect(converter.convert(model("graph-dense"), { signature: "other" })).rejects.toMatchObject({
    code: "unsupported",
  });
  await expect(convertTfjsGraph(model("wine-dense"))).rejects.toThrow("flavor-keras");
});

/** A graph that no converter wrote, around one float32 input "x". */
function graph(node: readonly Json[], more: { readonly [key: string]: Json } = {}): TfjsModel {
  const x = {
    name: "x",
    op: "Placeholder",
    attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { dim: [{ size: "-1" }, { size: "4" }] } } },
  };
  const text = JSON.stringify({
    format: "graph-model",
    modelTopology: { node: [x, ...node], ...more },
    weightsManifest: [],
  });
  return readTfjsModel("model.json", new Map([["model.json", new TextEncoder().encode(text)]]));
}

test("without a signature, what nothing feeds and what feeds nothing are inputs and outputs", async () => {
  const { signature } = await convertTfjsGraph(graph([{ name: "y", op: "Relu", input: ["x"] }]));
  expect(signature).toEqual({
    inputs: [{ name: "x", dtype: "float32", shape: ["batch", 4] }],
    outputs: [{ name: "y", dtype: "float32", shape: ["batch", 4] }],
  });
});

test.each<[string, readonly Json[], string]>([
  ["operators that are not known", [{ name: "y", op: "Mystery", input: ["x"] }], "unsupported"],
  ["a node that is missing", [{ name: "y", op: "Relu", input: ["z"] }], "malformed"],
  [
    "a circle",
    [
      { name: "y", op: "Relu", input: ["z"] },
      { name: "z", op: "Relu", input: ["y"] },
      { name: "o", op: "Relu", input: ["z"] },
    ],
    "malformed",
  ],
  ["a node twice", [{ name: "x", op: "Relu", input: ["x"] }], "malformed"],
  [
    "a constant that is not among the weights",
    [
      { name: "c", op: "Const", attr: { dtype: { type: "DT_FLOAT" } } },
      { name: "y", op: "Add", input: ["x", "c"] },
    ],
    "malformed",
  ],
  [
    "a fused operator without its bias",
    [{ name: "y", op: "_FusedMatMul", input: ["x", "x"], attr: { fused_ops: { list: { s: ["Qmlhc0FkZA=="] } } } }],
    "malformed",
  ],
  ["a text that is no base64", [{ name: "y", op: "Relu", input: ["x"], attr: { T: { s: "é%" } } }], "malformed"],
  ["a node that is none", [7], "malformed"],
])("%s is a typed error", async (_, nodes, code) => {
  await expect(convertTfjsGraph(graph(nodes))).rejects.toMatchObject({ code });
});
