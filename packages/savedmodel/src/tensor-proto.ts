import { type DType, dtypeInfo, elementCount, ModelkeepError, Tensor, tensorFromBytes } from "@modelkeep/core";

import { dtypeOf, typeName } from "./data-types.js";
import { readShape } from "./saved-model.js";
import { type Budget, type Field, fieldsOf, floatsOf, textOf, varintsOf } from "./wire.js";

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
function valuesOf(field: Field, dtype: DType): readonly (number | bigint)[] {
  const { number, value, bytes } = field;
  if (number === 5) return floatsOf(field);
  if (number === 6) return doublesOf(bytes);
  // Integers, and the bits of half precision.
  if (number === 7 || number === 10 || number === 11 || number === 13 || number === 16 || number === 17)
    return bytes.length === 0 ? [value] : Array.from(varintsOf(bytes), (each) => fitted(each, dtype));
  return [];
}

function doublesOf(bytes: Uint8Array): readonly number[] {
  if (bytes.length % 8 !== 0) throw malformed("has values that do not end with a whole one");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: bytes.length / 8 }, (_, index) => view.getFloat64(8 * index, true));
}

function fitted(value: bigint, dtype: DType): number | bigint {
  return dtype === "int64" ? value : dtype === "uint64" ? BigInt.asUintN(64, value) : Number(value);
}

function malformed(what: string): ModelkeepError {
  return new ModelkeepError("malformed", `A constant of the graph ${what}`);
}
