import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { PCA } from "ml-pca";
import { RandomForestClassifier } from "ml-random-forest";

import { collect, type PayloadSource } from "@modelkeep/core";
import { jsonCodec } from "@modelkeep/codec-json";
import { onnxCodec } from "@modelkeep/codec-onnx";
import { mljsConverter, mljsFlavor, Pipeline, StandardScaler } from "@modelkeep/flavor-mljs";

/** A pipeline trained on wine, as a JSON and as an ONNX file, and twenty rows of its data. */
export async function writeModels(folder: string): Promise<void> {
  const lines = readFileSync(new URL("../../../vectors/data/wine.csv", import.meta.url), "utf8")
    .trim()
    .split("\n");
  const features = lines[0]!.split(",").slice(0, -1);
  const table = lines.slice(1).map((line) => line.split(",").map(Number));
  const rows = table.map((row) => row.slice(0, -1));
  const scaler = StandardScaler.fit(rows);
  const pca = new PCA(scaler.predict(rows));
  const forest = new RandomForestClassifier({
    nEstimators: 15,
    seed: 42,
    maxFeatures: 0.8,
    replacement: false,
    noOOB: true,
  });
  forest.train(
    pca.predict(scaler.predict(rows), { nComponents: 5 }).to2DArray(),
    table.map((row) => row.at(-1)!),
  );
  const pipeline = new Pipeline(
    [
      { name: "scaler", model: scaler },
      { name: "pca", model: pca, components: 5 },
      { name: "forest", model: forest },
    ],
    { features },
  );
  const write = async (name: string, [file]: readonly PayloadSource[]) =>
    writeFileSync(join(folder, name), await collect(file!.open()));
  await write("pipeline.json", await jsonCodec().encode(mljsFlavor().freeze(pipeline)));
  await write("pipeline.onnx", await onnxCodec().encode((await mljsConverter().convert(pipeline)).model));
  writeFileSync(
    join(folder, "rows.csv"),
    [features.join(","), ...rows.slice(0, 20).map((row) => row.join(","))].join("\n"),
  );
}

/** A tree that scikit-learn fitted on iris, as joblib keeps it, with rows and what scikit-learn predicted for them. */
export function sklearnModel(folder: string): { file: string; rows: number[][]; labels: unknown[] } {
  const recorded = JSON.parse(readFileSync(join(folder, "sklearn-1.2.1/tree_clf.json"), "utf8")) as {
    X: number[][];
    outputs: { predict: unknown[] };
  };
  return {
    file: join(folder, "sklearn-1.2.1/tree_clf.zlib.joblib"),
    rows: recorded.X,
    labels: recorded.outputs.predict,
  };
}
