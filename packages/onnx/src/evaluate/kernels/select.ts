import { ModelkeepError } from "@modelkeep/core";

import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import { around, axisOf, count, numbers, type Numbers, stridesOf, type Value, zeros } from "../value.js";
import { pick, Target } from "./elements.js";

/** Indexes from the front, or `malformed` where one lies outside. */
function positions(indices: Value, size: number): Numbers {
  const source = numbers(indices).data;
  let result: Numbers = source;
  for (let at = 0; at < source.length; at++) {
    const index = source[at]!;
    if (index >= 0 && index < size) continue;
    if (index < -size || index >= size || Number.isNaN(index))
      throw new ModelkeepError("malformed", `The index ${index} does not exist in an axis of ${size}`);
    if (result === source) result = source.slice();
    result[at] = index + size;
  }
  return result;
}

/** Short rows of doubles, as in a table of leaf values: the case that must be fast. */
function gatherDoubles(source: Float64Array, index: Float64Array, inner: number, size: number): Float64Array {
  const data = new Float64Array(size);
  for (let step = 0, at = 0; step < index.length; step++) {
    const start = index[step]! * inner;
    for (let column = 0; column < inner; column++, at++) data[at] = source[start + column]!;
  }
  return data;
}

const gather: KernelFactory = (node) => {
  const along = node.int("axis", 0);
  return (inputs) => {
    const x = given(inputs, 0);
    const indices = given(inputs, 1);
    const axis = axisOf(along, x.shape.length);
    const { outer, size, inner } = around(x.shape, axis);
    const index = positions(indices, size);
    const shape: number[] = [];
    for (let at = 0; at < axis; at++) shape.push(x.shape[at]!);
    for (const each of indices.shape) shape.push(each);
    for (let at = axis + 1; at < x.shape.length; at++) shape.push(x.shape[at]!);
    if (outer === 1 && x.data instanceof Float64Array && index instanceof Float64Array && inner < 64)
      return [{ dtype: x.dtype, shape, data: gatherDoubles(x.data, index, inner, count(shape)) }];
    const target = new Target(x.dtype, count(shape));
    let at = 0;
    for (let block = 0; block < outer; block++) {
      const base = block * size;
      for (let step = 0; step < index.length; step++, at += inner)
        target.copy(x.data, (base + index[step]!) * inner, inner, at);
    }
    return [target.value(shape)];
  };
};

const gatherElements: KernelFactory = (node) => {
  const along = node.int("axis", 0);
  return (inputs) => {
    const x = given(inputs, 0);
    const indices = given(inputs, 1);
    const axis = axisOf(along, x.shape.length);
    const index = positions(indices, x.shape[axis]!);
    const strides = stridesOf(x.shape);
    const source = new Int32Array(index.length);
    const position = indices.shape.map(() => 0);
    for (let at = 0; at < index.length; at++) {
      let from = index[at]! * strides[axis]!;
      for (let each = 0; each < position.length; each++) if (each !== axis) from += position[each]! * strides[each]!;
      source[at] = from;
      for (let each = position.length - 1; each >= 0; each--) {
        if (++position[each]! < indices.shape[each]!) break;
        position[each] = 0;
      }
    }
    return [pick(x, source, indices.shape)];
  };
};

/** The place of the winner along an axis; of equal ones the first, or the last where the node says so. */
const extreme =
  (better: (a: number, b: number) => boolean): KernelFactory =>
  (node) => {
    const along = node.int("axis", 0);
    const keep = node.int("keepdims", 1) === 1;
    const last = node.int("select_last_index", 0) === 1;
    return (inputs) => {
      const x = numbers(given(inputs, 0));
      const axis = axisOf(along, x.shape.length);
      const { outer, size, inner } = around(x.shape, axis);
      const result = new Float64Array(outer * inner);
      for (let block = 0; block < outer; block++) {
        for (let column = 0; column < inner; column++) {
          const base = block * size * inner + column;
          let winner = 0;
          for (let at = 1; at < size; at++) {
            const a = x.data[base + at * inner]!;
            const b = x.data[base + winner * inner]!;
            if (better(a, b) || (last && a === b)) winner = at;
          }
          result[block * inner + column] = winner;
        }
      }
      const shape: number[] = [];
      for (let at = 0; at < x.shape.length; at++) {
        if (at !== axis) shape.push(x.shape[at]!);
        else if (keep) shape.push(1);
      }
      return [{ dtype: "int64", shape, data: result }];
    };
  };

/** Sorted; of equal ones the lower index comes first. */
const topK: KernelFactory = (node) => {
  const along = node.int("axis", -1);
  const largest = node.int("largest", 1) === 1;
  return (inputs) => {
    const x = numbers(given(inputs, 0));
    const k = (given(inputs, 1).data as Numbers)[0]!;
    const axis = axisOf(along, x.shape.length);
    const { outer, size, inner } = around(x.shape, axis);
    if (!(k >= 0 && k <= size)) throw new ModelkeepError("malformed", `TopK asks for ${k} of ${size}`);
    const shape = x.shape.map((each, at) => (at === axis ? k : each));
    const values = zeros(x.dtype, count(shape));
    const places = new Float64Array(values.length);
    const order = new Int32Array(size);
    for (let block = 0; block < outer; block++) {
      for (let column = 0; column < inner; column++) {
        const base = block * size * inner + column;
        const element = (at: number) => x.data[base + at * inner]!;
        for (let at = 0; at < size; at++) order[at] = at;
        order.sort((a, b) => (largest ? element(b) - element(a) : element(a) - element(b)) || a - b);
        for (let at = 0; at < k; at++) {
          const target = (block * k + at) * inner + column;
          values[target] = element(order[at]!);
          places[target] = order[at]!;
        }
      }
    }
    return [
      { dtype: x.dtype, shape, data: values },
      { dtype: "int64", shape, data: places },
    ];
  };
};

const oneHot: KernelFactory = (node) => {
  const along = node.int("axis", -1);
  return (inputs) => {
    const indices = numbers(given(inputs, 0));
    const depth = (given(inputs, 1).data as Numbers)[0]!;
    const values = numbers(given(inputs, 2));
    const axis = axisOf(along, indices.shape.length + 1);
    const shape = [...indices.shape.slice(0, axis), depth, ...indices.shape.slice(axis)];
    const data = zeros(values.dtype, count(shape)).fill(values.data[0]!);
    const { inner } = around(shape, axis);
    for (let at = 0; at < indices.data.length; at++) {
      const index = indices.data[at]! < 0 ? indices.data[at]! + depth : indices.data[at]!;
      if (index >= 0 && index < depth)
        data[(Math.floor(at / inner) * depth + index) * inner + (at % inner)] = values.data[1]!;
    }
    return [{ dtype: values.dtype, shape, data }];
  };
};

const cumSum: KernelFactory = (node) => {
  const exclusive = node.int("exclusive", 0) === 1;
  const reverse = node.int("reverse", 0) === 1;
  return (inputs) => {
    const x = numbers(given(inputs, 0));
    const axis = axisOf((given(inputs, 1).data as Numbers)[0]!, x.shape.length);
    const { outer, size, inner } = around(x.shape, axis);
    const data = zeros(x.dtype, x.data.length);
    for (let block = 0; block < outer; block++) {
      for (let column = 0; column < inner; column++) {
        let sum = 0;
        for (let step = 0; step < size; step++) {
          const at = (block * size + (reverse ? size - 1 - step : step)) * inner + column;
          if (exclusive) data[at] = sum;
          sum += x.data[at]!;
          if (!exclusive) data[at] = sum;
        }
      }
    }
    return [{ dtype: x.dtype, shape: x.shape, data }];
  };
};

export const selections: KernelTable = {
  Gather: gather,
  GatherElements: gatherElements,
  ArgMax: extreme((a, b) => a > b),
  ArgMin: extreme((a, b) => a < b),
  TopK: topK,
  OneHot: oneHot,
  CumSum: cumSum,
};
