import { Tensor } from "@modelkeep/core";
import { describe, expect, it } from "vitest";

import {
  decodeModel,
  encodeModelBytes,
  externalize,
  fromOnnxTensor,
  graphBuilder,
  internalize,
  modelFaults,
  weightBytes,
} from "./index.js";

function model() {
  const b = graphBuilder();
  const x = b.input("x", "float64", ["n", 100]);
  const one = b.constant(
    new Tensor(
      "float64",
      [100, 50],
      Float64Array.from({ length: 5000 }, (_, at) => at),
    ),
    "one",
  );
  const two = b.constant(
    new Tensor(
      "float64",
      [50, 10],
      Float64Array.from({ length: 500 }, (_, at) => -at),
    ),
    "two",
  );
  b.output("y", b.matmul(b.matmul(x, one), b.matmul(two, b.float64(Array(10).fill(1), [10, 1]))), "float64", ["n", 1]);
  return b.build();
}

describe("external data", () => {
  it("goes to a file of aligned views and comes back as views", () => {
    const before = model();
    const split = externalize(before, { location: "model.onnx.data", threshold: 1000 });
    const file = new Uint8Array(split.size);
    let at = 0;
    for (const chunk of split.chunks) {
      file.set(chunk, at);
      at += chunk.length;
    }
    expect(at).toBe(split.size);
    const stored = decodeModel(encodeModelBytes(split.model));
    const offsets = stored.graph!.initializer.flatMap((tensor) => tensor.externalData?.[1]?.value ?? []);
    expect(offsets).toEqual(["0", "40960"]);
    expect(modelFaults(stored, { fileSize: (name) => (name === "model.onnx.data" ? split.size : undefined) })).toEqual(
      [],
    );
    expect(modelFaults(stored, { fileSize: () => undefined })).toHaveLength(2);
    const after = internalize(stored, new Map([["model.onnx.data", file.buffer]]));
    const [one, two] = after.graph!.initializer.map((tensor) => fromOnnxTensor(tensor));
    expect(one!.data).toEqual(fromOnnxTensor(before.graph!.initializer[0]!).data);
    expect((two!.data as Float64Array).buffer).toBe(file.buffer);
    expect(weightBytes(after)).toBe(weightBytes(before));
  });

  it("leaves a model without large initializers as it is", () => {
    const before = model();
    const split = externalize(before, { location: "d", threshold: 1e9 });
    expect(split.model).toBe(before);
    expect(split.chunks).toEqual([]);
  });
});
