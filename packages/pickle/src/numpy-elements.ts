import {
  byteLength,
  type DType,
  dtypeInfo,
  elementCount,
  ModelkeepError,
  Tensor,
  type TensorData,
} from "@modelkeep/core";

import { malformed } from "./errors.js";
import type { Memory } from "./input.js";
import type { NumpyDType } from "./numpy-dtype.js";
import type { PickleValue } from "./value.js";

const tensorTypes = new Map<string, DType>([
  ["b1", "bool"],
  ["i1", "int8"],
  ["i2", "int16"],
  ["i4", "int32"],
  ["i8", "int64"],
  ["u1", "uint8"],
  ["u2", "uint16"],
  ["u4", "uint32"],
  ["u8", "uint64"],
  ["f2", "float16"],
  ["f4", "float32"],
  ["f8", "float64"],
  ["c8", "complex64"],
  ["c16", "complex128"],
  ["M8", "int64"],
  ["m8", "int64"],
]);

const longestTypedArray = 2 ** 32 - 2;

/** The tensor type that holds elements of a dtype; undefined for objects, records, raw bytes and long doubles. */
export function tensorType(dtype: NumpyDType): DType | undefined {
  return dtype.kind === "U" || dtype.kind === "S" ? "string" : tensorTypes.get(`${dtype.kind}${dtype.itemsize}`);
}

export function toTensor(dtype: NumpyDType, shape: readonly number[], fortran: boolean, memory: Memory): Tensor {
  const type = tensorType(dtype);
  if (type === undefined)
    throw new ModelkeepError("unsupported", `Elements of ${dtype.toString()} have no tensor type`);
  const count = elementCount(shape);
  if (type === "string") {
    const texts = decodeTexts(dtype, count, memory);
    if (!fortran) return new Tensor(type, shape, texts);
    const reordered: string[] = [];
    reorder(texts, shape, 1, reordered);
    return new Tensor(type, shape, reordered);
  }
  const { array } = dtypeInfo(type);
  if (array === undefined) throw new TypeError(`${type} has no typed array`);
  const unit = array.BYTES_PER_ELEMENT;
  const length = byteLength(type, count) / unit;
  let { buffer, byteOffset } = memory;
  const swap = dtype.bigEndian && unit > 1;
  if (swap || byteOffset % unit !== 0) {
    buffer = copyOf(memory);
    byteOffset = 0;
    if (swap) swapBytes(new Uint8Array(buffer), unit);
  }
  if (length > longestTypedArray)
    throw new ModelkeepError("unsupported", `An array of ${count} elements is longer than JavaScript's can be`);
  const data: TensorData = new array(buffer, byteOffset, length);
  if (!fortran) return new Tensor(type, shape, data);
  const reordered = new array(length);
  reorder<unknown>(data, shape, length / Math.max(1, count), reordered);
  return new Tensor(type, shape, reordered);
}

/** The value of one element, as `NumpyScalar` has it. Records and raw bytes stay bytes. */
export function scalarValue(dtype: NumpyDType, bytes: Uint8Array): PickleValue {
  if (dtype.hasObject) throw malformed("A NumPy scalar of Python objects cannot come from bytes");
  if (bytes.length !== dtype.itemsize)
    throw malformed(`A NumPy scalar of ${dtype.code} needs ${dtype.itemsize} bytes, not ${bytes.length}`);
  const type = dtype.fields === undefined && dtype.subarray === undefined ? tensorType(dtype) : undefined;
  if (type === undefined || dtype.kind === "c" || type === "float16") return bytes;
  const { data } = toTensor(dtype, [], false, bytes);
  const value = data[0] as number | bigint | string;
  if (type === "bool") return value !== 0;
  return typeof value === "bigint" ? plainInteger(value) : value;
}

/** A number where that is exact, else the bigint. */
export function plainInteger(value: bigint): number | bigint {
  return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** One column of records, element beside element. */
export function packedColumn(records: Memory, recordSize: number, offset: number, size: number): Memory {
  const count = recordSize === 0 ? 0 : records.byteLength / recordSize;
  const packed = new Uint8Array(count * size);
  const source = new Uint8Array(records.buffer, records.byteOffset, records.byteLength);
  if (size === 8 || size === 4) {
    // Word by word, the usual case: a record at an unaligned address needs the view.
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const words = new Uint32Array(packed.buffer);
    for (let index = 0, at = offset, word = 0; index < count; index++, at += recordSize) {
      words[word++] = view.getUint32(at, true);
      if (size === 8) words[word++] = view.getUint32(at + 4, true);
    }
    return packed;
  }
  for (let index = 0, from = offset, to = 0; index < count; index++, from += recordSize) {
    for (let end = to + size, at = from; to < end;) packed[to++] = source[at++] as number;
  }
  return packed;
}

function copyOf(memory: Memory): ArrayBuffer {
  const copy = new Uint8Array(memory.byteLength);
  copy.set(new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength));
  return copy.buffer;
}

function swapBytes(bytes: Uint8Array, unit: number): void {
  for (let start = 0; start < bytes.length; start += unit) bytes.subarray(start, start + unit).reverse();
}

/** NumPy pads with zeros: str in UTF-32, bytes as they are. */
function decodeTexts(dtype: NumpyDType, count: number, memory: Memory): string[] {
  const view = new DataView(memory.buffer, memory.byteOffset, memory.byteLength);
  const size = dtype.itemsize;
  const wide = dtype.kind === "U";
  const texts: string[] = [];
  for (let index = 0; index < count; index++) {
    let end = (index + 1) * size;
    let text = "";
    if (wide) {
      while (end > index * size && view.getUint32(end - 4, true) === 0) end -= 4;
      for (let at = index * size; at < end; at += 4) {
        const point = view.getUint32(at, !dtype.bigEndian);
        if (point > 0x10_ffff) throw malformed(`A string of an array holds ${point}, which is no character`);
        text += String.fromCodePoint(point);
      }
    } else {
      while (end > index * size && view.getUint8(end - 1) === 0) end--;
      for (let at = index * size; at < end; at++) text += String.fromCharCode(view.getUint8(at));
    }
    texts.push(text);
  }
  return texts;
}

/** From column-major to row-major order; `width` parts make one element. */
function reorder<T>(
  source: ArrayLike<T>,
  shape: readonly number[],
  width: number,
  target: { [index: number]: T },
): void {
  const count = elementCount(shape);
  const strides: number[] = [];
  let stride = width;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < count * width; to += width) {
    for (let part = 0; part < width; part++) target[to + part] = source[from + part] as T;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] as number;
      if ((index[axis] = (index[axis] as number) + 1) < (shape[axis] as number)) break;
      from -= (strides[axis] as number) * (shape[axis] as number);
      index[axis] = 0;
    }
  }
}
