import { type DType, ModelkeepError, Tensor } from "@modelkeep/core";

export type Numbers =
  | Float64Array
  | Float32Array
  | Int32Array
  | Uint32Array
  | Int16Array
  | Uint16Array
  | Int8Array
  | Uint8Array;

/**
 * A tensor while it is computed with. Every element is a number or a string: int64 and uint64 are kept in doubles,
 * which is exact up to 2^53; what lies beyond is refused on the way in and out.
 */
export interface Value {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: Numbers | readonly string[];
}

export interface NumberValue extends Value {
  readonly data: Numbers;
}

const arrays = new Map<DType, new (length: number) => Numbers>([
  ["float64", Float64Array],
  ["float32", Float32Array],
  ["int64", Float64Array],
  ["uint64", Float64Array],
  ["int32", Int32Array],
  ["uint32", Uint32Array],
  ["int16", Int16Array],
  ["uint16", Uint16Array],
  ["int8", Int8Array],
  ["uint8", Uint8Array],
  ["bool", Uint8Array],
]);

/** More elements than any model that this evaluator is for needs in one tensor. */
const largest = 2 ** 26;

export function zeros(dtype: DType, length: number): Numbers {
  const array = arrays.get(dtype);
  if (array === undefined)
    throw new ModelkeepError("unsupported", `The JavaScript evaluator does not compute with ${dtype}`);
  if (length > largest)
    throw new ModelkeepError(
      "limit_exceeded",
      `A tensor of ${length} elements is more than the JavaScript evaluator allows`,
    );
  return new array(length);
}

export function count(shape: readonly number[]): number {
  let size = 1;
  for (const each of shape) size *= each;
  if (size > largest)
    throw new ModelkeepError(
      "limit_exceeded",
      `A tensor of shape [${shape.join(", ")}] is more than the JavaScript evaluator allows`,
    );
  return size;
}

export function toValue({ dtype, shape, data }: Tensor): Value {
  if (dtype === "string") return { dtype, shape, data: data as readonly string[] };
  if (!arrays.has(dtype))
    throw new ModelkeepError("unsupported", `The JavaScript evaluator does not compute with ${dtype}`);
  if (dtype !== "int64" && dtype !== "uint64") return { dtype, shape, data: data as Numbers };
  const numbers = new Float64Array(data.length);
  for (let at = 0; at < numbers.length; at++) {
    const number = Number(data[at]);
    if (!Number.isSafeInteger(number)) throw beyond(String(data[at]));
    numbers[at] = number;
  }
  return { dtype, shape, data: numbers };
}

export function toTensor({ dtype, shape, data }: Value): Tensor {
  if (dtype !== "int64" && dtype !== "uint64") return new Tensor(dtype, shape, data);
  const whole = dtype === "int64" ? new BigInt64Array(data.length) : new BigUint64Array(data.length);
  for (let at = 0; at < whole.length; at++) {
    const number = (data as Numbers)[at]!;
    if (!Number.isSafeInteger(number)) throw beyond(String(number));
    whole[at] = BigInt(number);
  }
  return new Tensor(dtype, shape, whole);
}

function beyond(number: string): ModelkeepError {
  return new ModelkeepError(
    "unsupported",
    `The JavaScript evaluator computes with integers up to 2^53, not with ${number}`,
  );
}

export function numbers(value: Value): NumberValue {
  if (value.dtype === "string") throw new ModelkeepError("malformed", "An operator for numbers was given strings");
  return value as NumberValue;
}

/** Elements one step apart along each axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = Array.from(shape, () => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** An axis counted from the front, or `malformed`. */
export function axisOf(axis: number, rank: number): number {
  const positive = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(positive) || positive < 0 || positive >= rank)
    throw new ModelkeepError("malformed", `The axis ${axis} does not exist in a tensor of ${rank} dimensions`);
  return positive;
}

/** A shape seen from one axis: how many blocks, how long the axis, how many elements below it. */
export function around(shape: readonly number[], axis: number): { outer: number; size: number; inner: number } {
  let outer = 1;
  let inner = 1;
  for (let at = 0; at < axis; at++) outer *= shape[at]!;
  for (let at = axis + 1; at < shape.length; at++) inner *= shape[at]!;
  return { outer, size: shape[axis]!, inner };
}
