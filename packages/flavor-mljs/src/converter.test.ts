import * as ort from "onnxruntime-node";
import { describe, expect, test } from "vitest";

import type { TensorMap } from "@modelkeep/core";
import { Tensor } from "@modelkeep/core";
import { encodeModelBytes } from "@modelkeep/onnx";

import { dataset, trainedModels, trainedPipeline } from "../test/training.js";
import { mljsConverter } from "./converter.js";
import { asPipeline } from "./flavor.js";
import { pipelinePredictor } from "./runtime.js";

const converter = mljsConverter();

/** What ONNX Runtime makes of the rows, beside what ml.js does. */
async function both(model: unknown, rows: readonly (readonly number[])[]) {
  const { model: onnx, signature, exactness } = await converter.convert(model);
  const session = await ort.InferenceSession.create(encodeModelBytes(onnx));
  const data = Float64Array.from(rows.flat());
  const shape = [rows.length, rows[0]!.length];
  const output = signature.outputs[0]!.name;
  const result = (await session.run({ features: new ort.Tensor("float64", data, shape) }))[output]!;
  const inputs: TensorMap = new Map([["features", new Tensor("float64", shape, data)]]);
  const expected = (await pipelinePredictor(asPipeline(model)).predict(inputs)).get(output)!;
  return { actual: result, expected, exactness };
}

type Numbers = ArrayLike<number | bigint>;

function worstDifference(actual: Numbers, expected: Numbers): number {
  return Array.from(
    expected,
    (value, index) => Math.abs(Number(value) - Number(actual[index])) / Math.max(1, Math.abs(Number(value))),
  ).reduce((worst, difference) => (difference <= worst ? worst : difference), 0);
}

for (const name of ["wine", "breast-cancer"] as const) {
  const data = dataset(name);
  describe(`rows of ${name}`, () => {
    for (const [type, { model, rows }] of Object.entries(trainedModels(data))) {
      test(`${type}: ONNX Runtime predicts what ml.js predicts, on every row`, async () => {
        const { actual, expected, exactness } = await both(model, rows);
        expect(actual.dims).toEqual(expected.shape);
        const bound = expected.dtype === "int64" || exactness === "bits" ? 0 : 1e-9;
        expect(worstDifference(actual.data as Numbers, expected.data as Numbers)).toBeLessThanOrEqual(bound);
      });
    }

    test("a pipeline: ONNX Runtime predicts what ml.js predicts, on every row", async () => {
      const { actual, expected } = await both(trainedPipeline(data), data.rows);
      expect(actual.data).toEqual(expected.data);
    });
  });
}

test("there is one signature, and no name to choose it by", async () => {
  const { model } = Object.values(trainedModels(dataset("wine")))[0]!;
  await expect(converter.convert(model, { signature: "serve" })).rejects.toMatchObject({ code: "unsupported" });
});

test("votes that tie go to the label that had them first, as in ml.js", async () => {
  // Rows of which every one is a tie between two of three trees' labels, or of all three.
  const stump = (label: number) => ({
    options: {},
    root: { distribution: { rows: 1, columns: 3, get: (_: number, column: number) => (column === label ? 1 : 0) } },
  });
  class RandomForestClassifier {
    readonly treeOptions = {};
    readonly nEstimators = 4;
    readonly indexes = [[0], [0], [0], [0]];
    constructor(readonly estimators: readonly unknown[]) {}
    predict = (rows: readonly unknown[]) => rows.map(() => 2);
  }
  const { actual } = await both(new RandomForestClassifier([stump(2), stump(0), stump(0), stump(2)]), [[1]]);
  expect(actual.data).toEqual(BigInt64Array.of(0n));
});

test("what has no graph says why and what to do instead", async () => {
  class KNN {
    readonly kdTree = { root: null };
    readonly k = 4;
    readonly classes = new Set([0, 1, 2]);
  }
  await expect(async () => converter.convert(new KNN())).rejects.toThrow(/votes that tie.*Keep it as JSON/u);
});
