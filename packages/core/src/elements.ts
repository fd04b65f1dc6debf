import { dtypeInfo, type DType, type TensorData } from "./dtype.js";
import { ModelkeepError } from "./errors.js";
import { isSmallFloat, smallFloatBits, smallFloatValue } from "./small-float.js";
import { dataLength, elementCount, Tensor } from "./tensor.js";

/** One element as a value: a bigint for 64-bit integers, real and imaginary part in turn for complex types. */
export type Element = number | bigint | boolean | string;

/** What a dtype's elements are to people and to comparison. */
export function dtypeKind(dtype: DType): "float" | "complex" | "integer" | "bool" | "string" {
  if (dtype === "string" || dtype === "bool") return dtype;
  if (dtype.startsWith("complex")) return "complex";
  return dtype.includes("float") ? "float" : "integer";
}

/** Values that one element is written as: two for complex types. */
export function valuesPerElement(dtype: DType): 1 | 2 {
  return dtypeKind(dtype) === "complex" ? 2 : 1;
}

/** All elements in C order; small floats, packed integers and bools as the values they stand for. */
export function tensorElements(tensor: Tensor): Element[] {
  const { dtype, data } = tensor;
  const length = tensor.size * valuesPerElement(dtype);
  const read = reader(dtype, data);
  return Array.from({ length }, (_, index) => read(index));
}

/** Reads the value at an index from data of the dtype, without a copy of the rest. */
export function reader(dtype: DType, data: TensorData): (index: number) => Element {
  const { bits } = dtypeInfo(dtype);
  if (dtype === "bool") return (index) => data[index] !== 0;
  if (bits > 0 && bits < 8) {
    const bytes = data as Uint8Array;
    if (isSmallFloat(dtype)) return (index) => smallFloatValue(dtype, packed(bytes, bits, index));
    const signed = dtype.startsWith("int");
    return (index) => {
      const value = packed(bytes, bits, index);
      return signed && value >> (bits - 1) ? value - (1 << bits) : value;
    };
  }
  if (isSmallFloat(dtype)) return (index) => smallFloatValue(dtype, data[index] as number);
  return (index) => data[index]!;
}

/** A tensor of these values, or `invalid_input` when one can't be an element of the dtype exactly; floats are rounded. */
export function tensorOf(dtype: DType, shape: readonly number[], values: readonly Element[]): Tensor {
  const wanted = elementCount(shape) * valuesPerElement(dtype);
  if (values.length !== wanted) {
    throw new ModelkeepError(
      "invalid_input",
      `A ${dtype} tensor of shape [${shape.join(", ")}] needs ${wanted} values, not ${values.length}`,
    );
  }
  const { array, bits } = dtypeInfo(dtype);
  if (array === undefined)
    return new Tensor(dtype, shape, values.map((value, at) => checkElement(dtype, "string", value, at)) as string[]);
  const data = new array(dataLength(dtype, elementCount(shape)));
  const small = isSmallFloat(dtype);
  const kind = dtypeKind(dtype);
  for (let at = 0; at < values.length; at++) {
    const value = checkElement(dtype, kind, values[at]!, at);
    const plain = small ? smallFloatBits(dtype, value as number) : typeof value === "boolean" ? Number(value) : value;
    if (bits < 8) pack(data as Uint8Array, bits, at, plain as number);
    else (data as { [index: number]: unknown })[at] = plain;
  }
  return new Tensor(dtype, shape, data);
}

/** The value in the form that its dtype has, a whole number where a bigint is wanted taken as one. */
function checkElement(dtype: DType, kind: ReturnType<typeof dtypeKind>, value: Element, at: number): Element {
  const fault = (reason: string) =>
    new ModelkeepError("invalid_input", `Value ${at} of a ${dtype} tensor ${reason}`, { details: { at } });
  if (kind === "string" || kind === "bool") {
    if (typeof value !== (kind === "bool" ? "boolean" : "string")) throw fault(`is a ${typeof value}, not a ${kind}`);
    return value;
  }
  if (typeof value !== "number" && typeof value !== "bigint") throw fault(`is a ${typeof value}, not a number`);
  if (kind !== "integer") {
    if (Number.isNaN(value) && kind === "float" && dtypeInfo(dtype).bits < 8)
      throw fault("is NaN, which the type lacks");
    return Number(value);
  }
  if (typeof value === "number" && !Number.isInteger(value)) throw fault(`is ${value}, not a whole number`);
  const whole = BigInt(value);
  const [low, high] = integerRange(dtype);
  if (whole < low || whole > high) throw fault(`is ${whole}, outside ${low} to ${high}`);
  return dtypeInfo(dtype).bits === 64 ? whole : Number(whole);
}

function integerRange(dtype: DType): readonly [bigint, bigint] {
  const bits = BigInt(dtypeInfo(dtype).bits);
  return dtype.startsWith("u") ? [0n, (1n << bits) - 1n] : [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
}

/** Elements of less than a byte lie one after the other from the lowest bit on, as in ONNX. */
function packed(bytes: Uint8Array, bits: number, index: number): number {
  const at = index * bits;
  const byte = Math.floor(at / 8);
  const two = (bytes[byte] ?? 0) | ((bytes[byte + 1] ?? 0) << 8);
  return (two >> (at % 8)) & ((1 << bits) - 1);
}

function pack(bytes: Uint8Array, bits: number, index: number, value: number): void {
  const at = index * bits;
  const byte = Math.floor(at / 8);
  const two = (value & ((1 << bits) - 1)) << (at % 8);
  bytes[byte] = bytes[byte]! | (two & 0xff);
  if (two > 0xff) bytes[byte + 1] = bytes[byte + 1]! | (two >> 8);
}
