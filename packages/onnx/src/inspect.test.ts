import { Tensor } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import { decodeModel, encodeModelBytes, graphBuilder, inspectModel, type OnnxModel, readOutline } from "./index.js";
import { describeModel } from "./inspect.js";

/** Counts what is read of a file. */
function counting(bytes: Uint8Array) {
  const reads = { calls: 0, bytes: 0 };
  return {
    reads,
    size: bytes.length,
    async range(start: number, end: number) {
      reads.calls++;
      reads.bytes += end - start;
      return bytes.slice(start, end);
    },
  };
}

function large(): OnnxModel {
  const b = graphBuilder({ metadata: { owner: "tests" } });
  let x = b.input("x", "float32", ["batch", 512]);
  for (let layer = 0; layer < 20; layer++) {
    const weights = new Tensor("float32", [512, 512], new Float32Array(512 * 512));
    x = b.relu(b.matmul(x, b.constant(weights, `layer${layer}.weight`)));
  }
  b.output("y", x, "float32", ["batch", 512]);
  return b.build();
}

describe("inspectModel", () => {
  it("tells of 20 MB of weights from a few kilobytes", async () => {
    const source = counting(encodeModelBytes(large()));
    const inspection = await inspectModel(source);
    expect(source.reads.bytes).toBeLessThan(20 * 10_000);
    expect(inspection.parameters).toBe(20 * 512 * 512);
    expect(inspection.operators).toEqual([
      { name: "MatMul", domain: "ai.onnx", count: 20, version: 21 },
      { name: "Relu", domain: "ai.onnx", count: 20, version: 21 },
      { name: "Identity", domain: "ai.onnx", count: 1, version: 21 },
    ]);
    expect(inspection.tensors![3]).toEqual({
      name: "layer3.weight",
      dtype: "float32",
      shape: [512, 512],
      bytes: 512 * 512 * 4,
    });
    expect(inspection.signature!.inputs).toEqual([{ name: "x", dtype: "float32", shape: ["batch", 512] }]);
    expect(inspection.details).toMatchObject({ irVersion: 10, opsets: [["ai.onnx", 21]], producer: "modelkeep" });
    expect(inspection.findings).toEqual([]);
  });

  it("reads the same outline of a small file as decoding does", async () => {
    const b = graphBuilder();
    const x = b.input("x", "float64", ["n", 1]);
    const tree = { feature: [0, 0, 0], threshold: [1, 0, 0], left: [1, -1, -1], right: [2, -1, -1] };
    b.output("y", b.treeLeaves(x, { trees: Array.from({ length: 500 }, () => tree) }), "int64", ["n", 500]);
    const bytes = encodeModelBytes(b.build());
    const whole = decodeModel(bytes);
    const outline = await readOutline(counting(bytes));
    expect(outline.graph!.node.map((node) => node.opType)).toEqual(whole.graph!.node.map((node) => node.opType));
    expect(outline.graph!.input).toEqual(whole.graph!.input);
    const ids = (model: OnnxModel) =>
      model.graph!.node[0]!.attribute.find((each) => each.name === "leaf_targetids")!.ints;
    expect(ids(outline)).toEqual(ids(whole));
    expect(describeModel(outline).parameters).toBe(describeModel(whole).parameters);
    expect(describeModel(whole).parameters).toBe(500 + 1000);
  });

  it("warns of what a runtime may lack, of values that are no tensors and of paths that leave", () => {
    const b = graphBuilder({ opsets: { "com.example": 1, "": 99 } });
    b.output("y", b.op("com.example", "Thing", [b.input("x", "float32", [])])[0]!, "float32", []);
    const model = b.build();
    const map = { mapType: { keyType: 7, valueType: { tensorType: { elemType: 1 } } } };
    const graph = {
      ...model.graph!,
      output: [{ name: "p", type: { sequenceType: { elemType: map } } }],
      initializer: [
        { name: "w", dims: [1], dataType: 1, dataLocation: 1, externalData: [{ key: "location", value: "../w" }] },
      ],
    };
    const { findings } = describeModel({ ...model, graph });
    expect(findings!.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      "warning: It needs ai.onnx 99, newer than 28, the newest known here",
      "warning: It uses operators of com.example, which need a runtime that has them",
      'warning: The output "p" is no tensor but sequence(map(int64, tensor(float32)))',
      'danger: The path "../w" leaves the envelope by ".."',
    ]);
  });
});
