import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { planFolder, planWandb, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-folders-"));
afterAll(() => rmSync(base, { recursive: true }));
const pickle = join(vectorFolder("mlflow"), "model/model.pkl");

/** A folder with these files: texts, or models where nothing is given. */
function folderOf(files: Readonly<Record<string, string | object | undefined>>): string {
  const folder = mkdtempSync(join(base, "case-"));
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    if (content === undefined) cpSync(pickle, file);
    else writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

test("what ONNX can't be made of is kept as it is, with the reason", async () => {
  // Protocol 0: a dict of a number, and a call of a function that nobody allows.
  const folder = folderOf({ "settings_v1.pkl": "(dS'a'\nI1\ns.", "odd_v1.pkl": "cos\nsystem\n(S'true'\ntR." });
  const { versions } = await runImport(await newRegistry(), await planFolder(folder));
  expect(Object.fromEntries(versions.map(({ name, ...rest }) => [name, rest]))).toMatchObject({
    settings: {
      outcome: "saved",
      notes: [expect.stringMatching(/^kept without ONNX: .*holds a dict, not an estimator/u)],
    },
    odd: { outcome: "saved", notes: [expect.stringMatching(/^kept without ONNX: .*os\.system/u)] },
  });
});

describe("files with versions in their names, and metadata.json beside them", () => {
  const folder = folderOf({
    "churn_v1_2024-01-15.pkl": undefined,
    "churn_v2_2024-02-20.pkl": undefined,
    "churn_v10_2024-03-01.pkl": undefined,
    "scaler_v2.pkl": undefined,
    "notes.md": "nothing",
    "metadata.json": {
      active_version: "v2",
      team: "risk",
      versions: {
        v1: { metrics: { auc: 0.8 }, author: "Ada <ada@example.org>" },
        v2: {
          metrics: { auc: 0.9, test: { f1: 0.7 } },
          hyperparameters: { C: 1 },
          dataset: { name: "train.csv", sha256: "AB".repeat(32), rows: 100 },
          git_commit: "abc123",
          training_date: "2024-02-19",
          cv_scores: { auc: [0.88, 0.92] },
          odd: [1, 2],
        },
      },
    },
  });

  test("are planned oldest first, each with what is said of it", async () => {
    const { versions, left } = await planFolder(folder);
    expect(versions.map(({ name, label, aliases }) => [name, label, aliases])).toEqual([
      ["churn", "v1", []],
      ["churn", "v2", ["production"]],
      ["churn", "v10", []],
    ]);
    expect(versions[0]!.metadata).toMatchObject({
      metrics: { auc: 0.8 },
      author: { name: "Ada", email: "ada@example.org" },
      extra: { team: "risk", date: "2024-01-15" },
    });
    expect(versions[1]!.files.map(({ path, role }) => [path, role])).toEqual([
      ["churn_v2_2024-02-20.pkl", "model"],
      ["scaler_v2.pkl", "preprocessor"],
    ]);
    expect(versions[1]!.metadata).toMatchObject({
      metrics: { auc: 0.9, "test.f1": 0.7 },
      parameters: { C: 1 },
      data: [{ name: "train.csv", digest: `sha256:${"ab".repeat(32)}`, rows: 100 }],
      source: { git: { commit: "abc123" } },
      trained: "2024-02-19",
      crossValidation: { auc: [0.88, 0.92] },
      extra: { odd: [1, 2] },
    });
    expect(versions[2]!.notes).toEqual(["metadata.json does not tell of it"]);
    expect(left).toEqual([{ path: "notes.md", reason: "not a model" }]);
  });

  test("are saved with the ONNX made of them; a second run changes nothing", async () => {
    const registry = await newRegistry();
    const plan = await planFolder(folder);
    const report = await runImport(registry, plan);
    expect(report.versions.map(({ outcome, version, representations }) => [outcome, version, representations])).toEqual(
      [
        ["saved", 1, ["pickle", "onnx"]],
        ["saved", 2, ["pickle", "onnx"]],
        ["saved", 3, ["pickle", "onnx"]],
      ],
    );
    const before = await registry.show("churn");
    expect(before.aliases).toEqual({ production: 2 });
    const again = await runImport(registry, plan);
    expect(again.versions.every(({ outcome }) => outcome === "there already")).toBe(true);
    expect(await registry.show("churn")).toEqual(before);
  });

  test("an import that was cut off goes on where it ended", async () => {
    const registry = await newRegistry();
    const plan = await planFolder(folder);
    const controller = new AbortController();
    const progress = () => controller.abort();
    await expect(runImport(registry, plan, { signal: controller.signal, progress })).rejects.toThrow(/abort/);
    expect((await registry.show("churn")).versions).toHaveLength(1);
    const report = await runImport(registry, plan);
    expect(report.versions.map(({ outcome }) => outcome)).toEqual(["there already", "saved", "saved"]);
  });
});

test("a list of versions, active by a flag, files by name", async () => {
  const { versions } = await planFolder(
    folderOf({
      "fraud-1.0.0.json": "x",
      "model_v1.pkl": undefined,
      "model_v2.pkl": undefined,
      "metadata.json": {
        versions: [
          { version: 1, file: "model_v1.pkl", accuracy: 0.5 },
          { version: 2, file: "model_v2.pkl", status: "active", accuracy: 0.6 },
        ],
      },
    }),
  );
  expect(versions.map(({ label, aliases, metadata }) => [label, aliases, metadata.extra?.["accuracy"]])).toEqual([
    ["v1", [], 0.5],
    ["v2", ["production"], 0.6],
  ]);
});

describe("trees of many models", () => {
  test("models/{symbol}/{version}/model.joblib and metadata.json", async () => {
    const folder = folderOf({
      "models/AAPL/1/model.pkl": undefined,
      "models/AAPL/1/metadata.json": { metrics: { mae: 2 } },
      "models/AAPL/2/model.pkl": undefined,
      "models/AAPL/2/scaler.pkl": undefined,
      "models/AAPL/2/metadata.json": { metrics: { mae: 1 }, active: true },
      "models/AAPL/metadata.json": { current: 2, sector: "technology" },
      "models/MSFT/2024-01-15/model.pkl": undefined,
      "models/MSFT/2024-02-15/model.pkl": undefined,
    });
    const { versions } = await planFolder(folder);
    expect(versions.map(({ name, label, aliases }) => [name, label, aliases])).toEqual([
      ["AAPL", "v1", []],
      ["AAPL", "v2", ["production"]],
      ["MSFT", "2024-01-15", []],
      ["MSFT", "2024-02-15", []],
    ]);
    expect(versions[1]!.metadata).toMatchObject({ metrics: { mae: 1 }, extra: { sector: "technology" } });
    expect(versions[1]!.files.map(({ role }) => role)).toEqual(["model", "preprocessor"]);
  });

  test("hundreds of models are planned and imported, whatever their names", async () => {
    const files: Record<string, string> = {};
    for (let index = 0; index < 300; index++) files[`models/S ${index}é/1/model.bin`] = `model ${index}`;
    const plan = await planFolder(folderOf(files));
    expect(plan.versions).toHaveLength(300);
    const registry = await newRegistry();
    const { versions } = await runImport(registry, plan);
    expect(versions.every(({ outcome }) => outcome === "saved")).toBe(true);
  });
});

test("links are not followed, broken models are kept as they are, and both are told", async () => {
  const folder = folderOf({ "churn/1/model.pkl": "not a pickle", "churn/2/model.pkl": undefined });
  symlinkSync("/etc/passwd", join(folder, "churn/2/link.txt"));
  const plan = await planFolder(folder);
  expect(plan.versions[1]!.notes).toEqual(["link.txt is a link or a device: not followed"]);
  const report = await runImport(await newRegistry(), plan);
  expect(report.versions[0]).toMatchObject({ outcome: "saved", representations: ["file"] });
  expect(report.versions[1]).toMatchObject({ outcome: "saved" });
});

test("a folder without models says what would be recognised", async () => {
  await expect(planFolder(folderOf({ "readme.md": "x" }))).rejects.toMatchObject({ code: "not_found" });
  await expect(planWandb(folderOf({ "readme.md": "x" }))).rejects.toMatchObject({ code: "not_found" });
  await expect(planFolder(join(base, "nowhere"))).rejects.toMatchObject({ code: "not_found" });
  await expect(planFolder(pickle)).rejects.toMatchObject({ code: "invalid_input" });
});

test("downloaded artifacts of Weights & Biases", async () => {
  const folder = folderOf({
    "churn:v0/model.pkl": undefined,
    "churn:v11/model.pkl": undefined,
    "churn:v11/metadata.json": { metrics: { auc: 0.9 } },
    "churn:v2/model.pkl": undefined,
    "empty-v1/readme.md": "x",
  });
  const { versions, left } = await planWandb(folder);
  expect(versions.map(({ name, label }) => `${name} ${label}`)).toEqual(["churn v0", "churn v2", "churn v11"]);
  expect(versions[2]!.metadata.metrics).toEqual({ auc: 0.9 });
  expect(left).toEqual([{ path: "empty-v1", reason: "it holds no model file" }]);
});
