import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, describe, expect, test } from "vitest";

import { exportMlflow, planMlflow, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const python = process.env["MODELKEEP_TEST_MLFLOW"];
const folder = mkdtempSync(join(tmpdir(), "modelkeep-mlflow-python-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads a model folder by each of its flavors, and prints what each predicts for the rows. */
const predict = `
import json, sys, warnings
warnings.simplefilter("ignore")
import mlflow, numpy as np, pandas as pd
folder, rows = sys.argv[1], json.load(open(sys.argv[2]))["rows"]
frame = pd.DataFrame(rows, columns=["sepal_length", "sepal_width", "petal_length", "petal_width"])
flavors = mlflow.models.Model.load(folder).flavors
found = {}
if "sklearn" in flavors:
    found["sklearn"] = mlflow.sklearn.load_model(folder).predict(frame).tolist()
if "onnx" in flavors:
    found["onnx"] = mlflow.pyfunc.load_model(folder).predict(frame.to_numpy())["label"].ravel().tolist()
else:
    found["pyfunc"] = mlflow.pyfunc.load_model(folder).predict(frame).tolist()
print(json.dumps(found))
`;

describe.skipIf(python === undefined)("MLflow (needs MODELKEEP_TEST_MLFLOW)", () => {
  const rows = join(vectorFolder("mlflow"), "expected.json");
  const { label } = JSON.parse(readFileSync(rows, "utf8")) as { readonly label: readonly number[] };
  const predicted = (path: string) =>
    JSON.parse(
      execFileSync(python!, ["-c", predict, path, rows], {
        encoding: "utf8",
        env: { ...process.env, MLFLOW_ALLOW_PICKLE_DESERIALIZATION: "true" },
      })
        .trim()
        .split("\n")
        .at(-1)!,
    ) as unknown;

  test("loads what came from it, and what is made here, and predicts the same", { timeout: 300_000 }, async () => {
    const registry = await newRegistry();
    const plan = await planMlflow(vectorFolder("mlflow/model"), { name: "iris" });
    await runImport(registry, plan);
    const original = join(folder, "original");
    await exportMlflow(await registry.open("iris@1"), original);
    expect(predicted(original)).toEqual({ sklearn: label, pyfunc: label });

    const [planned] = plan.versions;
    const files = planned!.files.filter(({ role }) => role === "model");
    await runImport(registry, { ...plan, versions: [{ ...planned!, name: "made", files }] });
    const made = join(folder, "made");
    await exportMlflow(await registry.open("made@1"), made);
    expect(predicted(made)).toEqual({ sklearn: label, onnx: label });
  });

  test(
    "makes what we read: the folders among the vectors, anew, with the newest scikit-learn",
    { timeout: 300_000 },
    async () => {
      const target = mkdtempSync(join(folder, "vectors-"));
      const script = new URL("../../../tooling/fixtures/mlflow_folders.py", import.meta.url).pathname;
      execFileSync(python!, [script, target], { stdio: "ignore" });
      const registry = await newRegistry();
      await runImport(registry, await planMlflow(join(target, "file-store")));
      await using live = await registry.load("iris@champion");
      const expected = JSON.parse(readFileSync(join(target, "expected.json"), "utf8")) as {
        readonly label: readonly number[];
        readonly rows: readonly (readonly number[])[];
      };
      const found = (await live.predict(expected.rows)).rows.map((row) => Number(row["label"]));
      expect(found).toEqual(expected.label);
    },
  );
});
