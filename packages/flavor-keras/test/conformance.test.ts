import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { checkModel, missingOperators } from "@modelkeep/onnx";
import { describe, expect, test } from "vitest";

import { kerasConverter } from "../src/index.js";
import { compare, convertBytes, readIndex, runEvaluator, runNative } from "./fixture.js";

const folder = fileURLToPath(new URL("../../../vectors/keras-onnx/", import.meta.url));
const recordings = await readIndex(folder);

async function convertFile(file: string) {
  return convertBytes(new Uint8Array(await readFile(join(folder, file))));
}

describe("models that Keras wrote predict the same as ONNX", () => {
  test.each(recordings)("$file", async (recording) => {
    const conversion = await convertFile(recording.file);
    checkModel(conversion.model);
    expect(conversion).toMatchObject({ exactness: "bounded", bound: 1e-5 });
    const differences = await compare(conversion, recording, runNative);
    // Where the evaluator in plain JavaScript has every operator, it is held to the same.
    if (missingOperators(conversion.model).length === 0)
      differences.push(...(await compare(conversion, recording, runEvaluator)));
    for (const { output, worst } of differences) expect.soft(worst, output).toBeLessThanOrEqual(1e-5);
  });

  test("among them those that were trained on real data, in every form", () => {
    const files = recordings.map(({ file }) => file);
    for (const model of ["wine", "digits", "series"])
      for (const form of ["keras-2.h5", "keras-2.keras", "keras-3.h5", "keras-3.keras"])
        expect(files).toContain(`${model}-${form}`);
  });
});

test("a table of real data runs in plain JavaScript", async () => {
  const conversion = await convertFile("wine-keras-3.keras");
  expect(missingOperators(conversion.model)).toEqual([]);
});

test("inputs and outputs have the names that Keras gives them; the batch is open", async () => {
  const { signature, steps, versions, parameterCount } = await convertFile("digits-keras-3.keras");
  expect(signature).toEqual({
    inputs: [{ name: "image", dtype: "float32", shape: ["batch", 8, 8, 1] }],
    outputs: [{ name: "digit", dtype: "float32", shape: ["batch", 10] }],
  });
  expect(steps.map(({ name, type }) => `${name}: ${type}`)).toContain("corners: Conv2D");
  expect(versions["keras"]).toMatch(/^3\./u);
  expect(parameterCount).toBe(854);
});

test("names of a dictionary of inputs and outputs are those of the dictionary", async () => {
  const { signature } = await convertFile("named-keras-3.keras");
  expect(signature.inputs.map(({ name }) => name)).toEqual(["p", "q"]);
  expect(signature.outputs.map(({ name }) => name)).toEqual(["total", "product"]);
});

test("the order of axes is changed once before and once behind a row of convolutions", async () => {
  const { model } = await convertFile("digits-keras-3.keras");
  const operators = model.graph!.node.map(({ opType }) => opType);
  expect(operators.filter((type) => type === "Transpose")).toHaveLength(2);
  expect(operators.indexOf("Transpose")).toBeLessThan(operators.indexOf("Conv"));
});

test("what Keras computes in smaller floats is converted to float32, and said to differ", async () => {
  const bytes = await readFile(new URL("../../../vectors/keras/small.keras", import.meta.url));
  const { exactness, bound, notes, signature } = await convertBytes(new Uint8Array(bytes));
  expect([exactness, bound, notes]).toEqual(["unknown", undefined, [expect.stringContaining("bfloat16, float16")]]);
  expect(signature.outputs[0]!.dtype).toBe("float32");
});

test("the converter takes what the codec decodes, if it has an architecture", async () => {
  const converter = kerasConverter();
  expect(converter).toMatchObject({ from: "keras", to: "onnx" });
  expect(converter.owns({ tensors: new Map(), metadata: new Map() })).toBe(false);
  expect(converter.owns({ tensors: new Map(), metadata: new Map([["keras.config", "{}"]]) })).toBe(true);
  expect(converter.owns([1, 2])).toBe(false);
});
