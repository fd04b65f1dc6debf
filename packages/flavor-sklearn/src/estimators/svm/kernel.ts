import type { Value } from "@modelkeep/onnx";

import { denseArray } from "../../fitted/dense.js";
import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { squaredDistances } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";
import { transpose } from "../linear/linear.js";

/** Above this number of columns squared distances are made of products of matrices, not column by column. */
const mostColumns = 512;

/** The kernel between each row and each support vector: `[batch, vectors]`. */
export function drawKernel(drawing: Drawing, fitted: Fitted, rows: Rows): { kernel: Value; vectors: number } {
  const { graph } = drawing;
  const points = denseArray(fitted, "support_vectors_", [undefined, undefined]);
  const [vectors, features] = points.shape as [number, number];
  if (vectors === 0)
    throw fitted.unsupported("support_vectors_", "it has no support vectors, so it predicts one value");
  const matrix = rows.matrix(features);
  drawing.bounded();
  const products = (): Value =>
    graph.matmul(matrix, graph.float64(transpose(points.data, vectors, features), [features, vectors]));
  const scaled = (): Value => {
    const coefficient = fitted.number("coef0");
    return graph.add(graph.mul(graph.float64(gamma(fitted)), products()), graph.float64(coefficient));
  };
  switch (fitted.text("kernel")) {
    case "linear":
      return { kernel: products(), vectors };
    case "rbf": {
      const distances =
        features <= mostColumns
          ? squaredDistances(graph, matrix, { data: points.data, rows: vectors, columns: features })
          : expandedDistances();
      return { kernel: graph.exp(graph.mul(graph.float64(-gamma(fitted)), distances)), vectors };
    }
    case "poly":
      return { kernel: power(scaled(), fitted.count("degree")), vectors };
    case "sigmoid":
      return { kernel: graph.tanh(scaled()), vectors };
    default:
      throw fitted.unsupportedValue("kernel");
  }

  /** By squaring, as libsvm has it. */
  function power(base: Value, degree: number): Value {
    if (degree > 1024) throw fitted.unsupportedValue("degree");
    let result: Value | undefined;
    let square = base;
    for (let left = degree; left > 0; left = Math.floor(left / 2)) {
      if (left % 2 === 1) result = result === undefined ? square : graph.mul(result, square);
      square = graph.mul(square, square);
    }
    return result ?? graph.pow(base, graph.float64(0));
  }

  function expandedDistances(): Value {
    const norms = Float64Array.from({ length: vectors }, (_, row) => {
      let sum = 0;
      for (let column = 0; column < features; column++) sum += points.data[row * features + column]! ** 2;
      return sum;
    });
    const own = graph.reduceSum(graph.mul(matrix, matrix), [1], true);
    const twice = graph.mul(graph.float64(2), products());
    return graph.relu(graph.sub(graph.add(own, graph.float64(norms, [1, vectors])), twice));
  }
}

function gamma(fitted: Fitted): number {
  const value = fitted.number(fitted.either("_gamma", "gamma"));
  if (Number.isFinite(value)) return value;
  throw fitted.wrong("_gamma", `is ${value}`);
}
