import { ModelkeepError } from "@modelkeep/core";

import { given, type KernelTable } from "../kernel.js";
import { count, numbers, type Numbers, type Value, zeros } from "../value.js";
import { binary, broadcastIndex, broadcastShape } from "./broadcast.js";

/** Matrices of one size within larger arrays. */
interface Sizes {
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** `rows x inner`, from `one`, times `inner x columns`, from `two`, each sum in the order of the inner index, put from `start`. */
function product(
  x: Numbers,
  one: number,
  y: Numbers,
  two: number,
  result: Numbers,
  start: number,
  { rows, inner, columns }: Sizes,
): void {
  if (columns === 1) {
    for (let row = 0; row < rows; row++) {
      let sum = 0;
      for (let at = 0; at < inner; at++) sum += x[one + row * inner + at]! * y[two + at]!;
      result[start + row] = sum;
    }
    return;
  }
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    for (let at = 0; at < inner; at++) {
      const factor = x[one + row * inner + at]!;
      const from = two + at * columns;
      for (let column = 0; column < columns; column++) sums[column]! += factor * y[from + column]!;
    }
    result.set(sums, start + row * columns);
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
  const sizes = { rows, inner, columns };
  const [x, y] = [numbers(left).data, numbers(right).data];
  if (a.length === 2 && b.length === 2) {
    const data = zeros(left.dtype, rows * columns);
    product(x, 0, y, 0, data, 0, sizes);
    return { dtype: left.dtype, shape: productShape([], left, right, sizes), data };
  }
  const batch = broadcastShape(a.slice(0, -2), b.slice(0, -2));
  const batches = count(batch);
  const [leftIndex, rightIndex] = [broadcastIndex(a.slice(0, -2), batch), broadcastIndex(b.slice(0, -2), batch)];
  const data = zeros(left.dtype, batches * rows * columns);
  for (let at = 0; at < batches; at++) {
    const one = (leftIndex?.[at] ?? at) * rows * inner;
    const two = (rightIndex?.[at] ?? at) * inner * columns;
    product(x, one, y, two, data, at * rows * columns, sizes);
  }
  return { dtype: left.dtype, shape: productShape(batch, left, right, sizes), data };
}

function productShape(batch: readonly number[], left: Value, right: Value, { rows, columns }: Sizes): number[] {
  const shape = [...batch];
  if (left.shape.length > 1) shape.push(rows);
  if (right.shape.length > 1) shape.push(columns);
  return shape;
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
