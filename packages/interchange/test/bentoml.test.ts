import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, expect, test } from "vitest";

import { planBentoml, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const base = mkdtempSync(join(tmpdir(), "modelkeep-bentoml-"));
afterAll(() => rmSync(base, { recursive: true }));
const models = vectorFolder("bentoml/models");
const expected = JSON.parse(readFileSync(join(vectorFolder("bentoml"), "expected.json"), "utf8")) as {
  readonly rows: number[][];
  readonly first: number[];
  readonly second: number[];
};

function newFolder(): string {
  return mkdtempSync(join(base, "case-"));
}

test("a model store is planned in the order of creation, with what model.yaml tells", async () => {
  const { kind, versions, left } = await planBentoml(models);
  expect(kind).toBe("BentoML models");
  expect(versions.map(({ name, label, aliases }) => [name, label, aliases])).toEqual([
    ["wine", "zulu", []],
    ["wine", "alpha", []],
    ["wine-graph", expect.stringMatching(/^[a-z0-9]{16}$/u), []],
  ]);
  expect(left).toEqual([{ path: "notes/1", reason: "it holds no file that is known to be a model" }]);
  expect(versions[0]).toMatchObject({
    from: "wine/zulu",
    metadata: {
      tags: { team: "cellar", stage: "dev" },
      metrics: { accuracy: 1 },
      parameters: { C: 1 },
      requirements: [{ ecosystem: "pypi", name: "scikit-learn", version: "1.9.1" }],
      environment: { runtime: { name: "python", version: expect.stringMatching(/^3\./u) } },
      extra: {
        note: "the first",
        bentoml: {
          tag: "wine:zulu",
          version: "1.4.40",
          module: "bentoml.sklearn",
          framework: "sklearn",
          signatures: { predict: { batchable: true, batch_dim: [0, 0] }, predict_proba: { batchable: true } },
        },
      },
    },
  });
  expect(versions[1]!.files.map(({ path, role }) => [path, role])).toEqual([
    ["saved_model.pkl", "model"],
    ["custom_objects.pkl", "python-objects"],
    ["model.yaml", "bentoml"],
  ]);
});

test("models are saved with the ONNX made of them and predict the same; objects of Python are told, never loaded", async () => {
  const registry = await newRegistry();
  const plan = await planBentoml(models, { latest: "production" });
  const { versions } = await runImport(registry, plan);
  expect(versions.map(({ name, version, representations }) => [name, version, representations])).toEqual([
    ["wine", 1, ["pickle", "onnx"]],
    ["wine", 2, ["pickle", "onnx"]],
    ["wine-graph", 1, ["onnx"]],
  ]);
  expect(versions[1]!.notes).toEqual([
    "custom_objects.pkl holds objects of Python: kept as a file, never loaded",
    "a scan finds custom_objects.pkl clean",
  ]);
  expect((await registry.show("wine")).aliases).toEqual({ production: 2 });
  for (const [reference, labels] of [
    ["wine@zulu", expected.first],
    ["wine@production", expected.second],
    ["wine-graph@1", expected.first],
  ] as const) {
    await using live = await registry.load(reference);
    const { rows } = await live.predict(expected.rows);
    expect(rows.map((row) => Number(row["label"]))).toEqual(labels);
  }
  const again = await runImport(registry, plan);
  expect(again.versions.map(({ outcome }) => outcome)).toEqual(["there already", "there already", "there already"]);
  expect((await registry.show("wine")).versions).toHaveLength(2);
});

test("one model's folder, a whole home, and an archive beside its folder", async () => {
  const one = await planBentoml(join(models, "wine/zulu"));
  expect(one.versions.map(({ name, label, from }) => [name, label, from])).toEqual([["wine", "zulu", "."]]);

  const home = newFolder();
  cpSync(models, join(home, "models"), { recursive: true });
  mkdirSync(join(home, "bentos"));
  const whole = await planBentoml(home, { latest: "live" });
  expect(whole.versions.map(({ from, aliases }) => [from.slice(0, 12), aliases])).toEqual([
    ["models/wine/", []],
    ["models/wine/", ["live"]],
    ["models/wine-", ["live"]],
  ]);
  expect(whole.left).toContainEqual({ path: "bentos", reason: "services, not models" });

  const both = await planBentoml(vectorFolder("bentoml"));
  expect(both.left).toContainEqual({ path: "wine-zulu.bentomodel", reason: "the same version as models/wine/zulu" });
});

test("`latest` names no version that is here: the newest stands for it", async () => {
  const folder = newFolder();
  cpSync(join(models, "wine"), join(folder, "wine"), { recursive: true });
  writeFileSync(join(folder, "wine/latest"), "zulu\n");
  const named = await planBentoml(folder, { latest: "production" });
  expect(named.versions.map(({ label, aliases }) => [label, aliases])).toEqual([
    ["zulu", ["production"]],
    ["alpha", []],
  ]);
  writeFileSync(join(folder, "wine/latest"), "gone");
  const newest = await planBentoml(folder, { latest: "production" });
  expect(newest.versions.map(({ aliases }) => aliases)).toEqual([[], ["production"]]);
});

test("an exported archive is imported without unpacking it by hand", async () => {
  const registry = await newRegistry();
  const file = vectorFolder("bentoml/wine-zulu.bentomodel");
  const plan = await planBentoml(file);
  expect(plan.versions[0]).toMatchObject({ name: "wine", label: "zulu", from: "wine-zulu.bentomodel" });
  expect(plan.versions[0]!.files[0]).toEqual({
    archive: file,
    file: "saved_model.pkl",
    path: "saved_model.pkl",
    role: "model",
  });
  const { versions } = await runImport(registry, plan);
  expect(versions).toMatchObject([{ outcome: "saved", representations: ["pickle", "onnx"], notes: [] }]);
  // The same bytes as in the folder: a second run from there finds it.
  const again = await runImport(registry, await planBentoml(join(models, "wine/zulu")));
  expect(again.versions[0]!.outcome).toBe("there already");
});

test("what would run code is said of custom_objects.pkl", async () => {
  const folder = newFolder();
  cpSync(join(models, "wine/alpha"), folder, { recursive: true });
  writeFileSync(join(folder, "custom_objects.pkl"), "cos\nsystem\n(S'true'\ntR.");
  const { versions } = await runImport(await newRegistry(), await planBentoml(folder));
  expect(versions[0]!.notes.at(-1)).toMatch(/^a scan finds custom_objects\.pkl dangerous: .*os\.system/u);
  expect(versions[0]!.outcome).toBe("saved");
});

test("SavedModels are one model, MLflow models are found, and BentoML's older files are read", async () => {
  const folder = newFolder();
  const about = (name: string, more = "") => `name: ${name}\nversion: 20240115\nmodule: bentoml.x\n${more}`;
  const write = (path: string, content: string) => {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  write("graph/1/model.yaml", about("graph", "creation_time: 2023-01-02 03:04:05.678+00:00\n"));
  for (const path of ["saved_model.pb", "fingerprint.pb", "variables/variables.index", "assets/words.txt"])
    write(`graph/1/${path}`, "x");
  write("flow/1/model.yaml", about("flow"));
  write("flow/1/mlflow_model/MLmodel", "flavors: {sklearn: {pickled_model: model.pkl}}");
  write("flow/1/mlflow_model/model.pkl", "x");
  const { versions } = await planBentoml(folder);
  expect(versions.map(({ name, label, notes }) => [name, label, notes])).toEqual([
    ["flow", "v20240115", ["model.yaml does not tell when it was made: it counts as the oldest"]],
    ["graph", "v20240115", []],
  ]);
  expect(versions[0]!.files[0]).toMatchObject({ path: "mlflow_model/model.pkl", role: "model" });
  expect(Object.fromEntries(versions[1]!.files.map(({ path, role }) => [path, role]))).toEqual({
    "saved_model.pb": "model",
    "fingerprint.pb": "external-data",
    "variables/variables.index": "external-data",
    "assets/words.txt": "external-data",
    "model.yaml": "bentoml",
  });
});

test("what is hostile or broken is left, with the reason; links are not followed", async () => {
  const folder = newFolder();
  cpSync(join(models, "wine/zulu"), join(folder, "wine/zulu"), { recursive: true });
  symlinkSync("/etc/passwd", join(folder, "wine/zulu/passwd"));
  mkdirSync(join(folder, "bad"));
  writeFileSync(join(folder, "bad/model.yaml"), "name: !!python/object/apply:os.system ['true']\nversion: [1]");
  cpSync(vectorFolder("tar/parent.tar"), join(folder, "escaping.bentomodel"));
  cpSync(vectorFolder("tar/good-posix.tar"), join(folder, "other.bentomodel"));
  writeFileSync(
    join(folder, "cut.bentomodel"),
    readFileSync(vectorFolder("bentoml/wine-zulu.bentomodel")).subarray(0, 900),
  );
  writeFileSync(join(folder, "packed.bentomodel"), "PK\u0003\u0004");
  const { versions, left } = await planBentoml(folder);
  expect(versions.map(({ notes }) => notes)).toEqual([["passwd is a link or a device: not followed"]]);
  expect(Object.fromEntries(left.map(({ path, reason }) => [path, reason]))).toMatchObject({
    bad: expect.stringContaining("names no model and version"),
    "escaping.bentomodel": expect.stringContaining("leaves the envelope"),
    "other.bentomodel": expect.stringContaining("model.yaml is missing"),
    "cut.bentomodel": expect.stringMatching(/ends|truncated/u),
    "packed.bentomodel": expect.stringContaining("ZIP archive: unpack it"),
  });
  expect(left.every(({ failed }) => failed === true)).toBe(true);
  await expect(planBentoml(join(folder, "cut.bentomodel"))).rejects.toMatchObject({ code: "truncated" });
  await expect(planBentoml(join(folder, "other.bentomodel"))).rejects.toMatchObject({ code: "invalid_input" });
  await expect(planBentoml(join(folder, "nowhere"))).rejects.toMatchObject({ code: "not_found" });
  await expect(planBentoml(newFolder())).rejects.toMatchObject({ code: "not_found" });
});
