import { ModelkeepError } from "@modelkeep/core";

import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import { strided } from "../strided.js";
import { around, axisOf, count, type Numbers, stridesOf, type Value, zeros } from "../value.js";
import { broadcastIndex, broadcastShape } from "./broadcast.js";
import { pick, Target } from "./elements.js";

const list = (value: Value | undefined): readonly number[] | undefined =>
  value === undefined ? undefined : Array.from(value.data as Numbers);

function int64s(values: readonly number[]): Value {
  return { dtype: "int64", shape: [values.length], data: Float64Array.from(values) };
}

const reshape: KernelFactory = (node) => (inputs) => {
  const x = given(inputs, 0);
  const wanted = list(given(inputs, 1))!;
  const shape = wanted.map((size, axis) =>
    size === 0 && node.int("allowzero", 0) === 0 ? (x.shape[axis] ?? 0) : size,
  );
  const open = shape.indexOf(-1);
  if (open >= 0) {
    const rest = count(shape.filter((_, axis) => axis !== open));
    shape[open] = rest === 0 ? 0 : x.data.length / rest;
  }
  if (shape.some((size) => !Number.isInteger(size) || size < 0) || count(shape) !== x.data.length)
    throw new ModelkeepError(
      "signature_mismatch",
      `A tensor of shape [${x.shape.join(", ")}] can't become [${wanted.join(", ")}]`,
    );
  return [{ ...x, shape }];
};

const squeeze: KernelFactory = (node) => (inputs) => {
  const x = given(inputs, 0);
  const dropped = list(inputs[1])?.map((axis) => axisOf(axis, x.shape.length));
  const drops = (size: number, axis: number) => (dropped === undefined ? size === 1 : dropped.includes(axis));
  if (dropped?.some((axis) => x.shape[axis] !== 1) === true) throw node.fault("squeezes an axis longer than 1");
  return [{ ...x, shape: x.shape.filter((size, axis) => !drops(size, axis)) }];
};

const unsqueeze: KernelFactory = () => (inputs) => {
  const x = given(inputs, 0);
  const added = list(given(inputs, 1))!;
  const rank = x.shape.length + added.length;
  const ones = new Set(added.map((axis) => axisOf(axis, rank)));
  let next = 0;
  return [{ ...x, shape: Array.from({ length: rank }, (_, axis) => (ones.has(axis) ? 1 : x.shape[next++]!)) }];
};

const flatten: KernelFactory = (node) => (inputs) => {
  const x = given(inputs, 0);
  const axis = node.int("axis", 1);
  const rows = count(x.shape.slice(0, axis < 0 ? axis + x.shape.length : axis));
  return [{ ...x, shape: [rows, rows === 0 ? 0 : x.data.length / rows] }];
};

const transpose: KernelFactory = (node) => {
  const permutation = node.ints("perm");
  return (inputs) => {
    const x = given(inputs, 0);
    const order = permutation ?? [...x.shape.keys()].reverse();
    const strides = stridesOf(x.shape);
    const shape = order.map((axis) => x.shape[axisOf(axis, x.shape.length)]!);
    return [
      pick(
        x,
        strided(
          shape,
          order.map((axis) => strides[axis]!),
        ),
        shape,
      ),
    ];
  };
};

const concat: KernelFactory = (node) => (inputs) => {
  const values = inputs.map((_, at) => given(inputs, at));
  const first = given(inputs, 0);
  const axis = axisOf(node.int("axis", 0), first.shape.length);
  const shape = first.shape.map((size, at) =>
    at === axis ? values.reduce((sum, value) => sum + value.shape[axis]!, 0) : size,
  );
  for (const value of values) {
    if (value.shape.length !== shape.length || value.shape.some((size, at) => at !== axis && size !== shape[at]))
      throw new ModelkeepError(
        "signature_mismatch",
        `Tensors of shape [${first.shape.join(", ")}] and [${value.shape.join(", ")}] can't be joined`,
      );
  }
  const target = new Target(first.dtype, count(shape));
  const { outer } = around(shape, axis);
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const value of values) {
      const length = value.data.length / outer;
      target.copy(value.data, block * length, length, at);
      at += length;
    }
  }
  return [target.value(shape)];
};

const slice: KernelFactory = () => (inputs) => {
  const x = given(inputs, 0);
  const starts = list(given(inputs, 1))!;
  const ends = list(given(inputs, 2))!;
  const along = list(inputs[3]) ?? starts.map((_, axis) => axis);
  const steps = list(inputs[4]) ?? starts.map(() => 1);
  const strides = stridesOf(x.shape);
  const shape = [...x.shape];
  const walk = [...strides];
  let offset = 0;
  for (const [at, given] of along.entries()) {
    const axis = axisOf(given, x.shape.length);
    const size = x.shape[axis]!;
    const step = steps[at]!;
    if (step === 0) throw new ModelkeepError("malformed", "A slice has the step 0");
    const clamp = (place: number, low: number, high: number) =>
      Math.min(high, Math.max(low, place < 0 ? place + size : place));
    const start = step > 0 ? clamp(starts[at]!, 0, size) : clamp(starts[at]!, 0, size - 1);
    const end = step > 0 ? clamp(ends[at]!, 0, size) : clamp(ends[at]!, -1, size - 1);
    shape[axis] = Math.max(0, Math.ceil((end - start) / step));
    offset += start * strides[axis]!;
    walk[axis] = strides[axis]! * step;
  }
  return [pick(x, strided(shape, walk, offset), shape)];
};

const split: KernelFactory = (node) => (inputs) => {
  const x = given(inputs, 0);
  const axis = axisOf(node.int("axis", 0), x.shape.length);
  const { outer, size, inner } = around(x.shape, axis);
  const parts = node.node.output.length;
  const even = Math.ceil(size / parts);
  const sizes = list(inputs[1]) ?? Array.from({ length: parts }, (_, at) => Math.min(even, size - at * even));
  let start = 0;
  return sizes.map((length) => {
    const shape = x.shape.map((each, at) => (at === axis ? length : each));
    const target = new Target(x.dtype, count(shape));
    for (let block = 0; block < outer; block++)
      target.copy(x.data, (block * size + start) * inner, length * inner, block * length * inner);
    start += length;
    return target.value(shape);
  });
};

const expand: KernelFactory = () => (inputs) => {
  const x = given(inputs, 0);
  const shape = broadcastShape(x.shape, list(given(inputs, 1))!);
  const index = broadcastIndex(x.shape, shape);
  return [index === undefined ? { ...x, shape } : pick(x, index, shape)];
};

const tile: KernelFactory = () => (inputs) => {
  const x = given(inputs, 0);
  const repeats = list(given(inputs, 1))!;
  const shape = x.shape.map((size, axis) => size * repeats[axis]!);
  // Each axis as two: the repetitions, which do not move, and the axis itself.
  const strides = stridesOf(x.shape);
  const walk = x.shape.flatMap((size, axis) => [repeats[axis]!, size]);
  return [
    pick(
      x,
      strided(
        walk,
        strides.flatMap((stride) => [0, stride]),
      ),
      shape,
    ),
  ];
};

const shapeOf: KernelFactory = (node) => (inputs) => {
  const { shape } = given(inputs, 0);
  return [int64s(shape.slice(node.int("start", 0), node.has("end") ? node.int("end", shape.length) : undefined))];
};

const constantOfShape: KernelFactory = (node) => {
  const fill = node.tensor("value");
  return (inputs) => {
    const shape = list(given(inputs, 0))!;
    const data = zeros(fill?.dtype ?? "float32", count(shape));
    data.fill(Number(fill?.data[0] ?? 0));
    return [{ dtype: fill?.dtype ?? "float32", shape, data }];
  };
};

const range: KernelFactory = () => (inputs) => {
  const [start, limit, delta] = [0, 1, 2].map((at) => (given(inputs, at).data as Numbers)[0]!) as [
    number,
    number,
    number,
  ];
  const { dtype } = given(inputs, 0);
  const data = zeros(dtype, Math.max(0, Math.ceil((limit - start) / delta)));
  for (let at = 0; at < data.length; at++) data[at] = start + at * delta;
  return [{ dtype, shape: [data.length], data }];
};

export const shapes: KernelTable = {
  Reshape: reshape,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Flatten: flatten,
  Transpose: transpose,
  Concat: concat,
  Slice: slice,
  Split: split,
  Expand: expand,
  Tile: tile,
  Shape: shapeOf,
  Size: () => (inputs) => [{ dtype: "int64", shape: [], data: Float64Array.of(given(inputs, 0).data.length) }],
  ConstantOfShape: constantOfShape,
  Range: range,
};
