import { memoryPayloads, Tensor } from "@modelkeep/core";
import { onnxRuntime } from "@modelkeep/codec-onnx";
import { encodeModelBytes, graphBuilder, type OnnxModel } from "@modelkeep/onnx";
import { expect, test } from "vitest";

import { keepPrecision } from "./keep-precision.js";

const third = 1 / 3;

/** x / 3 times a matrix, and that times one third. */
function scaled(rows: number): OnnxModel {
  const graph = graphBuilder();
  const x = graph.input("x", "float64", ["batch", rows]);
  const weights = graph.float64(
    Array.from({ length: rows * 2 }, (_, index) => index + 1),
    [rows, 2],
  );
  const product = graph.matmul(graph.div(x, graph.float64(3)), weights);
  graph.output("y", graph.mul(product, graph.float64(third)), "float64", ["batch", 2]);
  return graph.build();
}

async function run(model: OnnxModel, x: Tensor): Promise<number[]> {
  const payloads = memoryPayloads([{ path: "model.onnx", bytes: encodeModelBytes(model) }]);
  await using predictor = await onnxRuntime().predictor(payloads);
  const outputs = await predictor.predict(new Map([["x", x]]));
  return [...(outputs.get("y")!.data as Float64Array)];
}

test.each([1, 2])("factors beside a product of %i rows keep their digits in ONNX Runtime", async (rows) => {
  const x = new Tensor(
    "float64",
    [1, rows],
    Float64Array.from({ length: rows }, () => 1),
  );
  const wanted = [0, 1].map((column) => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += third * (row * 2 + column + 1);
    return sum * third;
  });
  const have = await run(keepPrecision(scaled(rows)), x);
  have.forEach((value, column) => expect(Math.abs(value - wanted[column]!)).toBeLessThan(1e-15));
});
