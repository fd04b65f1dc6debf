import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { commandLine } from "./run.js";

const { folder, run } = commandLine();
const scanned = join(folder, "downloads");
mkdirSync(scanned);
const vectors = fileURLToPath(new URL("../../../vectors/keras/", import.meta.url));

test("files of Keras are inspected, converted to safetensors, and saved", async () => {
  for (const name of ["table.keras", "lambda.keras", "table.h5", "table.json"])
    copyFileSync(join(vectors, name), join(folder, name));
  const shown = await run(["inspect", "table.keras"]);
  expect([shown.code, shown.stderr]).toEqual([0, ""]);
  expect(shown.stdout).toContain("Keras 3.15.1 model, layers: 3, tensors: 14, parameters: 23");
  expect((await run(["inspect", "table.json", "--json"])).json()).toMatchObject({ codec: "keras" });

  const risky = await run(["inspect", "lambda.keras"]);
  expect([risky.code, risky.stdout]).toEqual([1, expect.stringMatching(/danger +Lambda "twice" carries Python code/u)]);

  for (const name of ["table.keras", "table.h5"]) {
    const converted = await run(["convert", name, `${name}.safetensors`]);
    expect([converted.code, converted.stdout]).toEqual([0, expect.stringContaining("the same values")]);
    const header = readFileSync(join(folder, `${name}.safetensors`), "utf8");
    expect(header).toContain("keras.config");
  }
  expect((await run(["convert", "table.keras.safetensors", "again.keras"])).code).toBe(0);
  const [first, again] = await Promise.all(
    ["table", "again"].map((name) => run(["inspect", `${name}.keras`, "--json"])),
  );
  const { size: _, path: __, ...facts } = first!.json() as Record<string, unknown>;
  expect(again!.json()).toMatchObject(facts);
  for (const [target, option, value] of [
    ["other.onnx", "--signature", "serve"],
    ["other.safetensors", "--signature", "serve"],
    ["other.safetensors", "--precision", "float32"],
  ] as const) {
    const chosen = await run(["convert", "table.keras", target, option, value]);
    expect([chosen.code, chosen.stderr]).toEqual([
      5,
      expect.stringMatching(/leave (?:the |--)(?:signature|precision)/u),
    ]);
  }
  expect((await run(["convert", "table.keras", "again.weights.h5"])).code).toBe(0);
  expect((await run(["inspect", "again.weights.h5"])).stdout).toContain(
    "Keras weights (HDF5), tensors: 14, parameters: 23",
  );
  const refused = await run(["convert", "table.keras", "again.h5"]);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining("are read here, not written")]);

  expect((await run(["save", "table", "table.keras"])).code).toBe(0);
  expect((await run(["show", "table@1"])).stdout).toMatch(/formats +keras, onnx\n/u);
});

test("models of Keras become ONNX, and predict", async () => {
  const onnx = fileURLToPath(new URL("../../../vectors/keras-onnx/", import.meta.url));
  copyFileSync(join(onnx, "digits-keras-2.h5"), join(folder, "digits.h5"));
  const image = Array.from({ length: 8 }, (_, y) => Array.from({ length: 8 }, (__, x) => [Number(x === 3 && y > 0)]));
  writeFileSync(join(folder, "images.json"), JSON.stringify([image]));
  const converted = await run(["convert", "digits.h5", "digits.onnx"]);
  expect([converted.code, converted.stdout]).toEqual([0, expect.stringContaining("the same within 0.00001")]);
  const answers = await Promise.all(
    ["digits.h5", "digits.onnx"].map((name) => run(["predict", name, "--input", "images.json", "--json"])),
  );
  const [first, second] = answers.map((answer) => answer.json() as { outputs: { digit: number[][] } });
  expect(first!.outputs.digit[0]).toHaveLength(10);
  expect(second).toEqual(first);

  const refused = await run(["convert", "lambda.keras", "lambda.onnx"]);
  expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('"twice" (Lambda)')]);
  const kept = await run(["save", "lambda", "lambda.keras"]);
  expect([kept.code, kept.stderr]).toEqual([0, expect.stringContaining("kept as it is, without ONNX")]);
});

test("a scan tells what Keras would run, and passes the rest of its files", async () => {
  for (const name of [
    "table.keras",
    "lambda-nested.keras",
    "old-lambda.h5",
    "custom.keras",
    "external.weights.h5",
    "old.json",
  ])
    copyFileSync(join(vectors, name), join(scanned, name));
  const { code, json } = await run(["scan", "downloads", "--json"]);
  const { files } = json() as { files: readonly { readonly path: string; readonly verdict: string }[] };
  expect([code, files.map(({ path, verdict }) => [path, verdict])]).toEqual([
    1,
    [
      [join("downloads", "custom.keras"), "unknown"],
      [join("downloads", "external.weights.h5"), "dangerous"],
      [join("downloads", "lambda-nested.keras"), "dangerous"],
      [join("downloads", "old-lambda.h5"), "dangerous"],
      [join("downloads", "old.json"), "clean"],
      [join("downloads", "table.keras"), "clean"],
    ],
  ]);
  const cut = readFileSync(join(vectors, "table.h5")).subarray(0, 5000);
  writeFileSync(join(folder, "cut.h5"), cut);
  const broken = await run(["scan", "cut.h5"]);
  expect([broken.code, broken.stdout]).toEqual([
    1,
    expect.stringMatching(/malformed +cut\.h5\n +The HDF5 file has 5000 bytes/u),
  ]);
});
