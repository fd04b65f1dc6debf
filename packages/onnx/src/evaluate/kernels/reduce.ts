import { given, type KernelFactory, type KernelTable, type NodeReader } from "../kernel.js";
import { around, axisOf, count, numbers, type Numbers, stridesOf, type Value, zeros } from "../value.js";
import { broadcastIndex } from "./broadcast.js";

/** How a reduction goes: from a start, over the elements in order, to what it gives for their count. */
interface Reduction {
  readonly start: number;
  readonly step: (sum: number, x: number) => number;
  readonly finish?: (sum: number, count: number) => number;
}

const sum: Reduction = { start: 0, step: (total, x) => total + x };

function reduceAxis(
  data: Numbers,
  outer: number,
  size: number,
  inner: number,
  dtype: Value["dtype"],
  reduction: Reduction,
): Numbers {
  const { start, step, finish } = reduction;
  if (reduction === sum && data instanceof Float64Array) return sumDoubles(data, outer, size, inner);
  const result = zeros(dtype, outer * inner);
  const sums = new Float64Array(inner);
  for (let block = 0; block < outer; block++) {
    sums.fill(start);
    let at = block * size * inner;
    for (let row = 0; row < size; row++)
      for (let column = 0; column < inner; column++, at++) sums[column] = step(sums[column]!, data[at]!);
    const base = block * inner;
    for (let column = 0; column < inner; column++)
      result[base + column] = finish === undefined ? sums[column]! : finish(sums[column]!, size);
  }
  return result;
}

/** The same without a call for each element: the sum over trees, which must be fast. */
function sumDoubles(data: Float64Array, outer: number, size: number, inner: number): Float64Array {
  const result = new Float64Array(outer * inner);
  let at = 0;
  for (let base = 0; base < result.length; base += inner)
    for (let row = 0; row < size; row++)
      for (let column = 0; column < inner; column++, at++) result[base + column]! += data[at]!;
  return result;
}

/** The reduced axes moved to one: as they are when they lie side by side, which they nearly always do. */
function reduce(value: Value, axes: readonly number[], keep: boolean, reduction: Reduction): Value {
  const { dtype, shape } = value;
  const reduced = new Set(axes.map((axis) => axisOf(axis, shape.length)));
  const sorted = [...reduced].sort((a, b) => a - b);
  const kept = shape.flatMap((size, axis) => (reduced.has(axis) ? (keep ? [1] : []) : [size]));
  let { data } = numbers(value);
  const first = sorted[0] ?? 0;
  const beside = sorted.every((axis, at) => axis === first + at);
  const size = count(sorted.map((axis) => shape[axis]!));
  if (!beside) data = gathered(data, shape, reduced);
  const { outer } = beside ? around(shape, first) : { outer: count(kept) };
  const inner = outer === 0 ? 0 : count(kept) / outer;
  return { dtype, shape: kept, data: reduceAxis(data, outer, size, inner, dtype, reduction) };
}

/** The elements with the reduced axes last. */
function gathered(data: Numbers, shape: readonly number[], reduced: ReadonlySet<number>): Numbers {
  const order = [...shape.keys()].sort((a, b) => Number(reduced.has(a)) - Number(reduced.has(b)) || a - b);
  const strides = stridesOf(shape);
  const result = data.slice();
  const position = order.map(() => 0);
  let source = 0;
  for (let at = 0; at < result.length; at++) {
    result[at] = data[source]!;
    for (let axis = order.length - 1; axis >= 0; axis--) {
      source += strides[order[axis]!]!;
      if (++position[axis]! < shape[order[axis]!]!) break;
      source -= strides[order[axis]!]! * shape[order[axis]!]!;
      position[axis] = 0;
    }
  }
  return result;
}

/** Axes are an input in newer operator sets and an attribute in older ones. */
function axesOf(node: NodeReader, inputs: readonly (Value | undefined)[], rank: number): readonly number[] | undefined {
  const axes = inputs[1] === undefined ? node.ints("axes") : Array.from(inputs[1].data as Numbers);
  if (axes !== undefined && axes.length > 0) return axes;
  return node.int("noop_with_empty_axes", 0) === 1 ? undefined : Array.from({ length: rank }, (_, axis) => axis);
}

const reducing =
  (reduction: Reduction): KernelFactory =>
  (node) => {
    const keep = node.int("keepdims", 1) === 1;
    return (inputs) => {
      const x = given(inputs, 0);
      const axes = axesOf(node, inputs, x.shape.length);
      return [axes === undefined ? x : reduce(x, axes, keep, reduction)];
    };
  };

const greatest: Reduction = {
  start: Number.NEGATIVE_INFINITY,
  step: (most, x) => (x > most || Number.isNaN(x) ? x : most),
};
const least: Reduction = {
  start: Number.POSITIVE_INFINITY,
  step: (most, x) => (x < most || Number.isNaN(x) ? x : most),
};

/** Shifted by the greatest element, so that nothing overflows. */
const logSumExp: KernelFactory = (node) => {
  const keep = node.int("keepdims", 1) === 1;
  return (inputs) => {
    const x = numbers(given(inputs, 0));
    const axes = axesOf(node, inputs, x.shape.length) ?? [];
    const most = numbers(reduce(x, axes, true, greatest));
    const peaks = most.data.map((peak) => (Number.isFinite(peak) ? peak : 0));
    const index = broadcastIndex(most.shape, x.shape);
    const shifted = x.data.map((each, at) => Math.exp(each - peaks[index?.[at] ?? at]!));
    const sums = numbers(reduce({ ...x, data: shifted }, axes, keep, sum));
    return [{ ...sums, data: sums.data.map((each, at) => Math.log(each) + peaks[at]!) }];
  };
};

export const reductions: KernelTable = {
  ReduceSum: reducing(sum),
  ReduceMean: reducing({ ...sum, finish: (total, count) => total / count }),
  ReduceMax: reducing(greatest),
  ReduceMin: reducing(least),
  ReduceProd: reducing({ start: 1, step: (total, x) => total * x }),
  ReduceSumSquare: reducing({ start: 0, step: (total, x) => total + x * x }),
  ReduceL1: reducing({ start: 0, step: (total, x) => total + Math.abs(x) }),
  ReduceL2: reducing({ start: 0, step: (total, x) => total + x * x, finish: Math.sqrt }),
  ReduceLogSum: reducing({ ...sum, finish: Math.log }),
  ReduceLogSumExp: logSumExp,
};
