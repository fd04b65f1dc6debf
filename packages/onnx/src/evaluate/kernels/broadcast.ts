import { type DType, ModelkeepError } from "@modelkeep/core";

import { count, type Numbers, stridesOf, type Value, zeros } from "../value.js";

/** The shape that two shapes broadcast to (https://onnx.ai/onnx/repo-docs/Broadcasting.html), or `malformed`. */
export function broadcastShape(a: readonly number[], b: readonly number[]): readonly number[] {
  // Most often one is the other, or ends it, or is a single element.
  if (endsWith(a, b)) return a;
  if (endsWith(b, a)) return b;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left !== right && left !== 1 && right !== 1)
      throw new ModelkeepError(
        "signature_mismatch",
        `The shapes [${a.join(", ")}] and [${b.join(", ")}] do not fit together`,
      );
    return left === 1 ? right : left;
  });
}

/** Whether a shape begins where the other is longer, and is the same or 1 wherever they meet. */
function endsWith(shape: readonly number[], end: readonly number[]): boolean {
  if (end.length > shape.length) return false;
  for (let axis = 1; axis <= end.length; axis++) {
    const size = end[end.length - axis];
    if (size !== 1 && size !== shape[shape.length - axis]) return false;
  }
  return true;
}

/** For each element of `shape`, the index of the element of `from` that it repeats; `undefined` when they are the same. */
export function broadcastIndex(from: readonly number[], shape: readonly number[]): Int32Array | undefined {
  const size = count(shape);
  if (count(from) === size) return undefined;
  const strides = stridesOf(from);
  const step = shape.map((_, axis) => {
    const own = axis - shape.length + from.length;
    return own < 0 || from[own] === 1 ? 0 : strides[own]!;
  });
  const index = new Int32Array(size);
  const position = shape.map(() => 0);
  let source = 0;
  for (let at = 0; at < size; at++) {
    index[at] = source;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += step[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      source -= step[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return index;
}

export type Binary = (a: number, b: number) => number;

/** `f` over two broadcast tensors of numbers. */
export function binary(a: Value, b: Value, dtype: DType, f: Binary): Value {
  const shape = broadcastShape(a.shape, b.shape);
  const size = count(shape);
  const x = a.data as Numbers;
  const y = b.data as Numbers;
  const data = zeros(dtype, size);
  if (x.length === size && y.length === size) for (let at = 0; at < size; at++) data[at] = f(x[at]!, y[at]!);
  else if (x.length === size && repeats(b.shape, shape)) {
    const period = y.length;
    for (let at = 0; at < size;) for (let inner = 0; inner < period; inner++, at++) data[at] = f(x[at]!, y[inner]!);
  } else {
    const left = broadcastIndex(a.shape, shape);
    const right = broadcastIndex(b.shape, shape);
    for (let at = 0; at < size; at++)
      data[at] = f(x[left === undefined ? at : left[at]!]!, y[right === undefined ? at : right[at]!]!);
  }
  return { dtype, shape, data };
}

/** True when broadcasting just repeats the whole of a tensor: its shape, less leading ones, ends the other shape. */
function repeats(from: readonly number[], shape: readonly number[]): boolean {
  let start = 0;
  while (start < from.length && from[start] === 1) start++;
  const rest = from.length - start;
  if (rest > shape.length || from.includes(0)) return false;
  for (let axis = 0; axis < rest; axis++) if (from[start + axis] !== shape[shape.length - rest + axis]) return false;
  return true;
}
