import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { exportMlflow, planMlflow, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const folder = mkdtempSync(join(tmpdir(), "modelkeep-mlflow-"));
afterAll(() => rmSync(folder, { recursive: true }));
const expected = JSON.parse(readFileSync(join(vectorFolder("mlflow"), "expected.json"), "utf8")) as {
  readonly label: readonly number[];
  readonly rows: readonly (readonly number[])[];
};

test("a scikit-learn model folder becomes a version that predicts the same, with its example as samples", async () => {
  const registry = await newRegistry();
  const plan = await planMlflow(vectorFolder("mlflow/model"), { name: "iris" });
  expect(plan.versions).toHaveLength(1);
  const report = await runImport(registry, plan);
  expect(report.versions).toMatchObject([
    { name: "iris", label: "v1", outcome: "saved", version: 1, representations: ["pickle", "onnx"], notes: [] },
  ]);
  const { manifest } = await registry.open("iris@1");
  expect(manifest.samples).toMatchObject({ rows: 3 });
  expect(manifest.requirements).toContainEqual({ ecosystem: "pypi", name: "scikit-learn", version: "1.9.1" });
  expect(manifest.extra).toMatchObject({ mlflow: { flavors: ["python_function", "sklearn"] } });
  await registry.promote("iris", 1);
  await using live = await registry.load("iris@production");
  const { rows } = await live.predict(expected.rows);
  expect(rows.map((row) => Number(row["label"]))).toEqual(expected.label);
});

test("a file store brings registered versions with aliases, tags, metrics and parameters of their runs", async () => {
  const registry = await newRegistry();
  const plan = await planMlflow(vectorFolder("mlflow/file-store"));
  expect(plan).toMatchObject({ kind: "an MLflow registry", left: [] });
  await runImport(registry, plan);
  const { versions, aliases } = await registry.show("iris");
  expect(aliases).toEqual({ champion: 2 });
  expect(versions[0]).toMatchObject({
    labels: ["v2"],
    description: "less regularised",
    tags: { team: "risk" },
    parameters: { C: 1, scaler: "standard" },
  });
  // Logged twice: the last value counts.
  expect(versions[0]!.metrics["accuracy"]).toBeGreaterThan(0.9);
  const again = await runImport(registry, plan);
  expect(again.versions.map((each) => each.outcome)).toEqual(["there already", "there already"]);
  expect((await registry.show("iris")).versions).toHaveLength(2);
});

test("what came from MLflow goes back byte for byte", async () => {
  const registry = await newRegistry();
  await runImport(registry, await planMlflow(vectorFolder("mlflow/model"), { name: "iris" }));
  const target = join(folder, "again");
  expect(await exportMlflow(await registry.open("iris@1"), target)).toMatchObject({ original: true });
  const source = vectorFolder("mlflow/model");
  expect(readdirSync(target).toSorted()).toEqual(readdirSync(source).toSorted());
  for (const name of readdirSync(source))
    expect(readFileSync(join(target, name))).toEqual(readFileSync(join(source, name)));
  await expect(exportMlflow(await registry.open("iris@1"), target)).rejects.toMatchObject({ code: "already_exists" });
});

test("a version from elsewhere becomes a folder of ONNX with a signature and an example", async () => {
  const registry = await newRegistry();
  const [planned] = (await planMlflow(vectorFolder("mlflow/model"), { name: "iris" })).versions;
  const { files, ...rest } = planned!;
  const onlyModel = { ...rest, files: files.filter(({ role }) => role === "model") };
  await runImport(registry, { kind: "", source: "", left: [], versions: [onlyModel] });
  const target = join(folder, "made");
  const made = await exportMlflow(await registry.open("iris@1"), target, { reference: "iris@1" });
  expect(made).toMatchObject({ flavors: ["onnx", "sklearn"], original: false });
  const mlmodel = readFileSync(join(target, "MLmodel"), "utf8");
  expect(mlmodel).toContain("loader_module: mlflow.onnx");
  expect(mlmodel).toContain("reference: iris@1");
  // What was made can be read again.
  const back = await planMlflow(target, { name: "back" });
  expect(back.versions[0]!.files[0]).toMatchObject({ path: "model.onnx", role: "model" });
});

test("a SavedModel of TensorFlow is one model", async () => {
  const tree = mkdtempSync(join(folder, "saved-model-"));
  writeFileSync(join(tree, "MLmodel"), "flavors: {tensorflow: {data: data}}");
  mkdirSync(join(tree, "data/model/variables"), { recursive: true });
  for (const path of ["saved_model.pb", "variables/variables.index"])
    writeFileSync(join(tree, "data/model", path), "x");
  const [planned] = (await planMlflow(tree)).versions;
  expect(planned!.files.map(({ path, role }) => [path, role])).toEqual([
    ["data/model/saved_model.pb", "model"],
    ["data/model/variables/variables.index", "external-data"],
    ["mlflow/MLmodel", "mlflow"],
  ]);
});

test("hostile descriptions are refused or read as data", async () => {
  const bad = mkdtempSync(join(folder, "bad-"));
  for (const text of [
    "flavors: {sklearn: {pickled_model: ../../secret.pkl}}",
    "flavors: {sklearn: {pickled_model: /etc/passwd}}",
    "flavors: !!js/function 'function () {}'",
    `a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b, *b]\nflavors: {onnx: {data: *c}}`,
    "flavors: {onnx: {data: model.onnx}}",
    "\u0000",
  ]) {
    writeFileSync(join(bad, "MLmodel"), text);
    const plan = await planMlflow(bad);
    expect(plan.versions).toEqual([]);
    expect(plan.left).toHaveLength(1);
  }
});
