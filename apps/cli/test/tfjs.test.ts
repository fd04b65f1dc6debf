import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const vectors = fileURLToPath(new URL("../../../vectors/tfjs/", import.meta.url));

interface Recorded {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** The folder as TensorFlow.js wrote it; what it was given, and what it predicted, as rows. */
function model(name: string) {
  cpSync(join(vectors, name), join(folder, name), { recursive: true });
  const recording = JSON.parse(readFileSync(join(vectors, `${name}.recording.json`), "utf8")) as Record<
    "inputs" | "outputs",
    Readonly<Record<string, Recorded>>
  >;
  const rows = (recorded: Readonly<Record<string, Recorded>>) => {
    const { shape, data } = Object.values(recorded)[0]!;
    return Array.from({ length: shape[0]! }, (_, row) =>
      data.slice((row * data.length) / shape[0]!, ((row + 1) * data.length) / shape[0]!),
    );
  };
  return { rows: rows(recording.inputs), outputs: rows(recording.outputs) };
}

test("a model of TensorFlow.js is kept with ONNX and the proof that it agrees, and comes back byte for byte", async () => {
  const { rows, outputs } = model("wine-dense");
  writeFileSync(join(folder, "rows.json"), JSON.stringify(rows));
  const converted = await run(["convert", "wine-dense/model.json", "wine.onnx"]);
  expect([converted.code, converted.stdout]).toEqual([0, expect.stringContaining("the same within 0.00001")]);
  const predicted = (await run(["predict", "wine-dense", "--input", "rows.json", "--json"])).json() as {
    outputs: Record<string, number[][]>;
  };
  const [output] = Object.keys(predicted.outputs) as [string];
  predicted.outputs[output]!.flat().forEach((value, at) =>
    expect(Math.abs(value - outputs.flat()[at]!)).toBeLessThan(1e-5),
  );
  writeFileSync(join(folder, "expected.json"), JSON.stringify({ outputs: { [output]: outputs } }));
  for (const [name, path] of [
    ["by-folder", "wine-dense"],
    ["by-file", "wine-dense/model.json"],
  ] as const) {
    const saved = await run(["save", name, path, "--samples", "rows.json", "--expected", "expected.json"]);
    expect([saved.code, saved.stdout]).toEqual([0, expect.stringMatching(/tfjs, onnx, .*, 12 samples/u)]);
    expect((await run(["pull", `${name}@1`, `back-${name}`])).code).toBe(0);
    for (const file of ["model.json", "group1-shard1of3.bin", "group1-shard3of3.bin"])
      expect(readFileSync(join(folder, `back-${name}`, file))).toEqual(readFileSync(join(folder, "wine-dense", file)));
  }
  const saveWith = (path: string, rows: readonly (readonly number[])[]) => {
    writeFileSync(join(folder, "wrong.json"), JSON.stringify({ outputs: { [output]: rows } }));
    return run(["save", "wrong", path, "--samples", "rows.json", "--expected", "wrong.json"]);
  };
  for (const path of ["wine-dense", "wine.onnx"]) {
    const { code, stderr } = await saveWith(path, outputs.slice(1));
    expect([path, code, stderr]).toEqual([
      path,
      expect.any(Number),
      expect.stringContaining("12 rows of inputs and 11 of outputs"),
    ]);
  }
  const other = await saveWith("wine.onnx", [[2, 3, 4], ...outputs.slice(1)]);
  expect([other.code, other.stderr]).toEqual([
    0,
    expect.stringContaining("wrong@1 does not give its expected outputs (onnx by "),
  ]);
  const weights = await run(["convert", "wine-dense", "wine.safetensors"]);
  expect(weights.code).toBe(0);
});

test("inspect and scan tell of a graph, and of what is none of TensorFlow.js; its files of weights are no pickles", async () => {
  model("graph-dense");
  const inspected = await run(["inspect", "graph-dense"]);
  expect([inspected.code, inspected.stdout]).toEqual([0, expect.stringMatching(/graph-model of[^]*_FusedMatMul x/u)]);
  const clean = await run(["scan", "graph-dense"]);
  expect([clean.code, clean.stdout]).toEqual([0, expect.stringContaining("1 file scanned, 0 not clean")]);
  const node = [{ name: "y", op: "ReadFile" }];
  writeFileSync(join(folder, "hostile.json"), JSON.stringify({ format: "graph-model", modelTopology: { node } }));
  const scanned = await run(["scan", "hostile.json"]);
  expect([scanned.code, scanned.stdout]).toEqual([1, expect.stringContaining("ReadFile reads files")]);
  expect((await run(["inspect", "hostile.json"])).code).toBe(1);
});

test("what a model.json names outside of its folder is never opened", async () => {
  const weights = [{ name: "a", shape: [1], dtype: "float32" }];
  const modelTopology = { class_name: "Sequential", config: { name: "m", layers: [] } };
  const json = { format: "layers-model", modelTopology, weightsManifest: [{ paths: ["../rows.json"], weights }] };
  writeFileSync(join(folder, "outside.json"), JSON.stringify(json));
  for (const command of [
    ["inspect", "outside.json"],
    ["convert", "outside.json", "outside.onnx"],
  ]) {
    const refused = await run(command);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("none of the model's folder");
  }
});
