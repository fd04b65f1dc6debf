import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const vectors = fileURLToPath(new URL("../../../vectors/tensorflow/", import.meta.url));

interface Values {
  readonly data: readonly unknown[];
}

/** The folder as TensorFlow wrote it; and what it predicted, as rows. */
function savedModel(name: string) {
  const path = join(folder, name);
  cpSync(join(vectors, name), path, { recursive: true });
  const recording = JSON.parse(readFileSync(join(path, "recording.json"), "utf8")) as Record<
    "inputs" | "outputs",
    Record<string, Values>
  >;
  rmSync(join(path, "recording.json"));
  const count = Object.values(recording.inputs)[0]!.data.length;
  const rows = Array.from({ length: count }, (_, row) =>
    Object.fromEntries(Object.entries(recording.inputs).map(([input, { data }]) => [input, data[row]])),
  );
  const outputs = Object.fromEntries(
    Object.entries(recording.outputs).map(([output, { data }]) => [output, data.map((each) => [each])]),
  );
  return { rows, outputs };
}

test("a SavedModel is converted, and saved with ONNX and the proof that it agrees with TensorFlow", async () => {
  const { rows, outputs } = savedModel("trained-tabular");
  writeFileSync(join(folder, "rows.json"), JSON.stringify(rows));
  writeFileSync(join(folder, "expected.json"), JSON.stringify({ outputs }));
  const converted = await run(["convert", "trained-tabular", "rent.onnx", "--signature", "serve"]);
  expect([converted.code, converted.stdout]).toEqual([0, expect.stringContaining("the same within 0.00001")]);
  const saved = await run(["save", "rent", "trained-tabular", "--samples", "rows.json", "--expected", "expected.json"]);
  expect([saved.code, saved.stdout]).toEqual([0, expect.stringMatching(/savedmodel, onnx, .*, 6 samples/u)]);
  const { manifest } = (await run(["show", "rent@1", "--json"])).json() as { manifest: { representations: unknown[] } };
  expect(manifest.representations[1]).toMatchObject({
    convertedFrom: { bound: 1e-5, proof: { rows: 6, worst: expect.any(Number) as unknown } },
  });
});

test("one that can't be converted is kept as it is, with a warning that lists what is in the way", async () => {
  savedModel("hashing");
  const saved = await run(["save", "hashed", "hashing"]);
  expect([saved.code, saved.stderr]).toEqual([0, expect.stringContaining("In the way: StringToHashBucketFast")]);
  const refused = await run(["predict", "hashing", "a", "b"]);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining("In the way: StringToHashBucketFast")]);
});
