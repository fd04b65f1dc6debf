import type { DType } from "@modelkeep/core";

import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import { numbers, type Numbers, type Value, zeros } from "../value.js";
import { type Binary, binary, broadcastIndex, broadcastShape } from "./broadcast.js";

type Unary = (x: number) => number;

function map(value: Value, dtype: DType, f: Unary): Value {
  const { data } = numbers(value);
  const result = zeros(dtype, data.length);
  for (let at = 0; at < data.length; at++) result[at] = f(data[at]!);
  return { dtype, shape: value.shape, data: result };
}

const unary =
  (f: Unary): KernelFactory =>
  () =>
  (inputs) => {
    const x = given(inputs, 0);
    return [map(x, x.dtype, f)];
  };

/** Unary with a result of bool. */
const test =
  (f: (x: number) => boolean): KernelFactory =>
  () =>
  (inputs) => [map(given(inputs, 0), "bool", (x) => (f(x) ? 1 : 0))];

const arithmetic =
  (f: Binary, integer: Binary = f): KernelFactory =>
  () =>
  (inputs) => {
    const a = numbers(given(inputs, 0));
    return [binary(a, numbers(given(inputs, 1)), a.dtype, isFloat(a.dtype) ? f : integer)];
  };

/** Any number of inputs, from left to right. */
const fold =
  (f: Binary): KernelFactory =>
  () =>
  (inputs) => {
    let result: Value = numbers(given(inputs, 0));
    for (let at = 1; at < inputs.length; at++) result = binary(result, numbers(given(inputs, at)), result.dtype, f);
    return [result];
  };

const compare =
  (f: (a: number, b: number) => boolean): KernelFactory =>
  () =>
  (inputs) => [binary(numbers(given(inputs, 0)), numbers(given(inputs, 1)), "bool", (a, b) => (f(a, b) ? 1 : 0))];

const logical =
  (f: Binary): KernelFactory =>
  () =>
  (inputs) => [binary(given(inputs, 0), given(inputs, 1), "bool", f)];

function equal(a: Value, b: Value): Value {
  if (a.dtype !== "string") return binary(a, numbers(b), "bool", (x, y) => (x === y ? 1 : 0));
  const shape = broadcastShape(a.shape, b.shape);
  const left = broadcastIndex(a.shape, shape);
  const right = broadcastIndex(b.shape, shape);
  const data = zeros("bool", Math.max(left?.length ?? a.data.length, right?.length ?? b.data.length));
  for (let at = 0; at < data.length; at++)
    data[at] = a.data[left === undefined ? at : left[at]!] === b.data[right === undefined ? at : right[at]!] ? 1 : 0;
  return { dtype: "bool", shape, data };
}

function isFloat(dtype: DType): boolean {
  return dtype === "float64" || dtype === "float32";
}

/** To the nearest, halves to the even neighbour. */
function round(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** NaN wins, as in ONNX Runtime and NumPy. */
const least: Binary = (a, b) => Math.min(a, b);
const greatest: Binary = (a, b) => Math.max(a, b);

const clip: KernelFactory = () => (inputs) => {
  const x = numbers(given(inputs, 0));
  const low = inputs[1] === undefined ? Number.NEGATIVE_INFINITY : (inputs[1].data as Numbers)[0]!;
  const high = inputs[2] === undefined ? Number.POSITIVE_INFINITY : (inputs[2].data as Numbers)[0]!;
  return [
    map(x, x.dtype, (each) => {
      const raised = each < low ? low : each;
      return raised > high ? high : raised;
    }),
  ];
};

const remainder: KernelFactory = (node) => arithmetic(node.int("fmod", 0) === 1 ? (a, b) => a % b : floorMod)(node);

/** The remainder has the sign of the divisor, as in Python. */
const floorMod: Binary = (a, b) => {
  const rest = a % b;
  if (rest === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
  return rest < 0 !== b < 0 ? rest + b : rest;
};

const isInfinite: KernelFactory = (node) => {
  const [positive, negative] = [node.int("detect_positive", 1) === 1, node.int("detect_negative", 1) === 1];
  return test((x) => (positive && x === Infinity) || (negative && x === -Infinity))(node);
};

const where: KernelFactory = () => (inputs) => {
  const [condition, a, b] = [given(inputs, 0), given(inputs, 1), given(inputs, 2)];
  const shape = broadcastShape(broadcastShape(condition.shape, a.shape), b.shape);
  const index = [condition, a, b].map((value) => broadcastIndex(value.shape, shape));
  const size = index.find((each) => each !== undefined)?.length ?? condition.data.length;
  const data: (number | string)[] | Numbers = a.dtype === "string" ? [] : zeros(a.dtype, size);
  for (let at = 0; at < size; at++) {
    const chosen = condition.data[index[0]?.[at] ?? at] === 0 ? 2 : 1;
    data[at] = (chosen === 1 ? a : b).data[index[chosen]?.[at] ?? at] as never;
  }
  return [{ dtype: a.dtype, shape, data: data as Numbers }];
};

export const elementwise: KernelTable = {
  Add: arithmetic((a, b) => a + b),
  Sub: arithmetic((a, b) => a - b),
  Mul: arithmetic((a, b) => a * b),
  Div: arithmetic(
    (a, b) => a / b,
    (a, b) => Math.trunc(a / b),
  ),
  Pow: arithmetic((a, b) => a ** b),
  Mod: remainder,
  Min: fold(least),
  Max: fold(greatest),
  Sum: fold((a, b) => a + b),
  Neg: unary((x) => -x),
  Abs: unary(Math.abs),
  Sign: unary((x) => (x > 0 ? 1 : x < 0 ? -1 : x === 0 ? 0 : x)),
  Sqrt: unary(Math.sqrt),
  Exp: unary(Math.exp),
  Log: unary(Math.log),
  Sin: unary(Math.sin),
  Cos: unary(Math.cos),
  Tanh: unary(Math.tanh),
  Relu: unary((x) => (x < 0 ? 0 : x)),
  Sigmoid: unary((x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)))),
  Softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  Floor: unary(Math.floor),
  Ceil: unary(Math.ceil),
  Round: unary(round),
  Reciprocal: unary((x) => 1 / x),
  IsNaN: test((x) => Number.isNaN(x)),
  IsInf: isInfinite,
  Not: test((x) => x === 0),
  And: logical((a, b) => a & b),
  Or: logical((a, b) => a | b),
  Xor: logical((a, b) => a ^ b),
  Equal: () => (inputs) => [equal(given(inputs, 0), given(inputs, 1))],
  Less: compare((a, b) => a < b),
  LessOrEqual: compare((a, b) => a <= b),
  Greater: compare((a, b) => a > b),
  GreaterOrEqual: compare((a, b) => a >= b),
  Clip: clip,
  Where: where,
  Identity: () => (inputs) => [given(inputs, 0)],
};
