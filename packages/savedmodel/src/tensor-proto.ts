import { type DType, dtypeInfo, elementCount, ModelkeepError, Tensor, tensorFromBytes } from "@modelkeep/core";

import { dtypeOf, typeName } from "./data-types.js";
import { readShape } from "./saved-model.js";
import { type Budget, type Field, fieldsOf, textOf } from "./wire.js";

/** A value may stand once for all elements: this many are made of it at most. */
const mostRepeated = 1 << 22;

/** A TensorProto (tensor.proto of TensorFlow). Throws `malformed`, `unsupported`, `limit_exceeded`. */
export function readTensorProto(bytes: Uint8Array, budget: Budget, depth: number): Tensor {
  let type = 0;
  let shape: readonly (number | null)[] | undefined = [];
  let content: Uint8Array | undefined;
  const lists: Field[] = [];
  const texts: string[] = [];
  for (const field of fieldsOf(bytes, budget, depth)) {
    if (field.number === 1) type = field.value;
    else if (field.number === 2) shape = readShape(field.bytes, budget, depth + 1);
    else if (field.number === 4) content = field.bytes;
    else if (field.number === 8) texts.push(textOf(field.bytes));
    else if (field.number >= 5) lists.push(field);
  }
  const dtype = dtypeOf(type);
  if (dtype === undefined) throw new ModelkeepError("unsupported", `A constant is of ${typeName(type)}`);
  if (!shape?.every((size): size is number => size !== null)) throw malformed("has no shape");
  const count = countOf(shape);
  if (dtype === "string") return new Tensor("string", shape, repeated(texts, "", count));
  if (content !== undefined && content.length > 0) return tensorFromBytes(dtype, shape, content);
  const { array } = dtypeInfo(dtype);
  const values = repeated(
    lists.flatMap((field) => valuesOf(field, dtype)),
    0n,
    count,
  );
  const wide = array === BigInt64Array || array === BigUint64Array;
  return new Tensor(
    dtype,
    shape,
    wide ? (array as typeof BigInt64Array).from(values, BigInt) : (array as typeof Float64Array).from(values, Number),
  );
}

function countOf(shape: readonly number[]): number {
  try {
    return elementCount(shape);
  } catch (cause) {
    throw new ModelkeepError("malformed", `A constant of the graph: ${(cause as Error).message}`, { cause });
  }
}

/** The last value stands for all that are missing. */
function repeated<T>(values: readonly T[], none: T, count: number): T[] {
  if (values.length > count) throw malformed(`has ${values.length} values for ${count} elements`);
  if (values.length === count) return [...values];
  if (count > mostRepeated)
    throw new ModelkeepError(
      "limit_exceeded",
      `A constant repeats a value ${count} times; ${mostRepeated} are allowed`,
    );
  const last = values.at(-1) ?? none;
  return Array.from({ length: count }, (_, index) => values[index] ?? last);
}

/** Values in a field of their own: packed, or one alone. */
function valuesOf({ number, value, bytes }: Field, dtype: DType): (number | bigint)[] {
  if (number === 5) {
    if (bytes.length === 0) return [new Float32Array(Uint32Array.of(value).buffer)[0]!];
    return [...fixed(bytes, 4, (view, at) => view.getFloat32(at, true))];
  }
  if (number === 6) return [...fixed(bytes, 8, (view, at) => view.getFloat64(at, true))];
  // Integers, and the bits of half precision.
  if (number === 7 || number === 10 || number === 11 || number === 13 || number === 16 || number === 17)
    return bytes.length === 0 ? [value] : [...varints(bytes)].map((each) => fitted(each, dtype));
  return [];
}

function* fixed(bytes: Uint8Array, size: number, read: (view: DataView, at: number) => number): Generator<number> {
  if (bytes.length % size !== 0) throw malformed("has values that do not end with a whole one");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let at = 0; at < bytes.length; at += size) yield read(view, at);
}

function* varints(bytes: Uint8Array): Generator<bigint> {
  let [value, shift] = [0n, 0n];
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
    if (shift > 70n) throw malformed("has a number of more than 64 bits");
    if (byte >= 0x80) continue;
    yield BigInt.asIntN(64, value);
    [value, shift] = [0n, 0n];
  }
  if (shift !== 0n) throw malformed("has a number that is cut off");
}

function fitted(value: bigint, dtype: DType): number | bigint {
  return dtype === "int64" ? value : dtype === "uint64" ? BigInt.asUintN(64, value) : Number(value);
}

function malformed(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `A constant of the graph ${what}`);
}
