import { ModelkeepError } from "@modelkeep/core";

import { given, type KernelTable } from "../kernel.js";
import { count, numbers, type Numbers, type Value, zeros } from "../value.js";
import { binary, broadcastIndex, broadcastShape } from "./broadcast.js";

/** `rows x inner` times `inner x columns`, each sum in the order of the inner index. */
function product(x: Numbers, y: Numbers, result: Numbers, rows: number, inner: number, columns: number): void {
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let at = 0; at < inner; at++) {
      const factor = x[row * inner + at]!;
      const start = at * columns;
      for (let column = 0; column < columns; column++) sums[column]! += factor * y[start + column]!;
    }
    result.set(sums, row * columns);
  }
}

function matmul(left: Value, right: Value): Value {
  const a = left.shape.length === 1 ? [1, left.shape[0]!] : left.shape;
  const b = right.shape.length === 1 ? [right.shape[0]!, 1] : right.shape;
  const [rows, inner] = [a.at(-2), a.at(-1)];
  const [height, columns] = [b.at(-2), b.at(-1)];
  if (rows === undefined || inner === undefined || columns === undefined || inner !== height) {
    throw new ModelkeepError(
      "signature_mismatch",
      `Matrices of shape [${left.shape.join(", ")}] and [${right.shape.join(", ")}] can't be multiplied`,
    );
  }
  const batch = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  const batches = count(batch);
  const [leftIndex, rightIndex] = [broadcastIndex(a.slice(0, -2), batch), broadcastIndex(b.slice(0, -2), batch)];
  const [x, y] = [numbers(left).data, numbers(right).data];
  const data = zeros(left.dtype, batches * rows * columns);
  for (let at = 0; at < batches; at++) {
    const one = (leftIndex?.[at] ?? at) * rows * inner;
    const two = (rightIndex?.[at] ?? at) * inner * columns;
    product(
      x.subarray(one, one + rows * inner),
      y.subarray(two, two + inner * columns),
      data.subarray(at * rows * columns, (at + 1) * rows * columns),
      rows,
      inner,
      columns,
    );
  }
  const shape = [...batch];
  if (left.shape.length > 1) shape.push(rows);
  if (right.shape.length > 1) shape.push(columns);
  return { dtype: left.dtype, shape, data };
}

function transposed(value: Value): Value {
  const [rows = 0, columns = 0] = value.shape;
  const { data } = numbers(value);
  const result = zeros(value.dtype, data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) result[column * rows + row] = data[row * columns + column]!;
  return { dtype: value.dtype, shape: [columns, rows], data: result };
}

export const matrices: KernelTable = {
  MatMul: () => (inputs) => [matmul(given(inputs, 0), given(inputs, 1))],
  Gemm: (node) => {
    const [alpha, beta] = [node.float("alpha", 1), node.float("beta", 1)];
    const [transposeA, transposeB] = [node.int("transA", 0) !== 0, node.int("transB", 0) !== 0];
    return (inputs) => {
      const [a, b] = [given(inputs, 0), given(inputs, 1)];
      let result = matmul(transposeA ? transposed(a) : a, transposeB ? transposed(b) : b);
      const scale = (value: Value, by: number): Value =>
        by === 1 ? value : { ...value, data: numbers(value).data.map((each) => each * by) };
      result = scale(result, alpha);
      const c = inputs[2];
      return [c === undefined ? result : binary(result, scale(c, beta), result.dtype, (x, y) => x + y)];
    };
  },
};
