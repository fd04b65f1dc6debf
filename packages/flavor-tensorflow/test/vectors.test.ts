import { checkModel, evaluator, missingOperators } from "@modelkeep/onnx";
import { describe, expect, test } from "vitest";

import { convertSavedModel, tensorflowConverter } from "../src/index.js";
import { difference, readRecordings, runNative, tensorsOf } from "./recordings.js";

const recorded = readRecordings(new URL("../../../vectors/tensorflow", import.meta.url).pathname);
const refused = new Set(["hashing"]);
const modelOf = (name: string) => recorded.find(({ recording }) => recording.name === name)!.model;

describe("SavedModels that TensorFlow wrote", () => {
  const converted = recorded.filter(({ recording }) => !refused.has(recording.name));
  test.each(converted.map((each) => [each.recording.name, each] as const))(
    "%s predicts the same as ONNX",
    async (_, { recording, model }) => {
      const { model: onnx, signature, bound } = await convertSavedModel(model);
      checkModel(onnx);
      expect(signature.inputs.map(({ name }) => name).toSorted()).toEqual(Object.keys(recording.inputs).toSorted());
      const [inputs, outputs] = [tensorsOf(recording.inputs), tensorsOf(recording.outputs)];
      const native = difference(await runNative(onnx, inputs), outputs);
      expect(native.worst, native.what).toBeLessThanOrEqual(bound!);
      if (missingOperators(onnx).length > 0) return;
      const own = difference(evaluator(onnx).run(inputs), outputs);
      expect(own.worst, own.what).toBeLessThanOrEqual(bound!);
    },
  );

  test("shapes and types are those of the signature, with a batch of any size", async () => {
    const { signature, tensorflow } = await convertSavedModel(modelOf("trained-tabular"));
    expect(tensorflow).toBe("2.21.0");
    expect(signature).toEqual({
      inputs: [
        { name: "age", dtype: "float32", shape: ["batch", 1] },
        { name: "city", dtype: "string", shape: ["batch", 1] },
        { name: "rooms", dtype: "int64", shape: ["batch", 1] },
      ],
      outputs: [{ name: "output_0", dtype: "float32", shape: ["batch", 1] }],
    });
  });

  test("images are turned once on the way in, and not between layers", async () => {
    const { model } = await convertSavedModel(modelOf("trained-digits"));
    expect(model.graph!.node.filter(({ opType }) => opType === "Transpose")).toHaveLength(1);
  });

  test("a loop is one node of ONNX, and reads its weights from outside", async () => {
    const { model } = await convertSavedModel(modelOf("lstm"));
    expect(model.graph!.node.filter(({ opType }) => opType === "Loop")).toHaveLength(1);
  });

  test("what can't be converted is refused, with the operators in the way", async () => {
    await expect(convertSavedModel(modelOf("hashing"))).rejects.toMatchObject({
      code: "unsupported",
      details: {
        operators: expect.arrayContaining([
          expect.objectContaining({ operator: "StringToHashBucketFast", count: 1 }),
        ]) as unknown,
      },
    });
  });

  test("another signature is chosen by its name, and one that is not there named with those that are", async () => {
    const { signatureName } = await convertSavedModel(modelOf("trained-digits"), { signature: "serve" });
    expect(signatureName).toBe("serve");
    await expect(convertSavedModel(modelOf("trained-digits"), { signature: "train" })).rejects.toThrow(
      "has no signature train; its signatures: serve, serving_default",
    );
    await expect(tensorflowConverter().convert(modelOf("module-plain"), { precision: "float64" })).rejects.toThrow(
      "in the precision that it was saved in",
    );
  });
});
