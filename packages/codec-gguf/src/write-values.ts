import { ModelkeepError } from "@modelkeep/core";

import { quote } from "./byte-cursor.js";
import { swappedBytes } from "./byte-order.js";
import type { ByteWriter } from "./byte-writer.js";
import {
  type GgufArray,
  type GgufNumberType,
  type GgufValue,
  type GgufValueType,
  itemArrays,
  valueTypes,
} from "./gguf-value.js";

/** Deeper arrays are not read back unless a limit says so. */
const deepest = 8;

/** A value with its type before it, or `invalid_input` when it is not of that type. */
export function writeValue(writer: ByteWriter, key: string, value: GgufValue): void {
  writer.uint32(codeOf(value.type, key));
  switch (value.type) {
    case "array":
      return writeArray(writer, key, value, 1);
    case "string":
      return writer.text(checkedText(value.value, key));
    case "bool":
      if (typeof value.value !== "boolean") throw invalid(key, "is no bool");
      return writer.view(1).setUint8(0, Number(value.value));
    case "uint64":
    case "int64": {
      const signed = value.type === "int64";
      if (
        typeof value.value !== "bigint" ||
        (signed ? BigInt.asIntN(64, value.value) : BigInt.asUintN(64, value.value)) !== value.value
      )
        throw invalid(key, `is no bigint that fits ${value.type}`);
      return writer.view(8).setBigUint64(0, BigInt.asUintN(64, value.value), writer.littleEndian);
    }
    default:
      return writeNumber(writer, key, value.type, value.value);
  }
}

function writeArray(writer: ByteWriter, key: string, { items, value }: GgufArray, depth: number): void {
  if (depth > deepest) throw invalid(key, `has arrays nested deeper than ${deepest}`);
  writer.uint32(codeOf(items, key));
  writer.uint64(value.length);
  const array = itemArrays.get(items);
  if (array !== undefined) {
    if (!ArrayBuffer.isView(value) || kindOf(value) !== array.name) throw invalid(key, `is no ${array.name}`);
    const bytes = new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
    if (items === "bool" && bytes.some((byte) => byte > 1)) throw invalid(key, "has bools that are neither 0 nor 1");
    return writer.bytes(writer.littleEndian ? bytes : swappedBytes(bytes, array.BYTES_PER_ELEMENT));
  }
  if (!Array.isArray(value)) throw invalid(key, "is no list");
  for (const item of value as readonly unknown[]) {
    if (items === "string") writer.text(checkedText(item, key));
    else if (isArray(item)) writeArray(writer, key, item, depth + 1);
    else throw invalid(key, "has items that are no arrays");
  }
}

function writeNumber(writer: ByteWriter, key: string, type: GgufNumberType, value: number): void {
  const array = itemArrays.get(type)!;
  const one = new array(new ArrayBuffer(array.BYTES_PER_ELEMENT)) as Float64Array;
  if (typeof value !== "number") throw invalid(key, "is no number");
  one[0] = value;
  const fits = type === "float32" ? Number.isFinite(one[0]) === Number.isFinite(value) : Object.is(one[0], value);
  if (!fits) throw invalid(key, `is ${value}, which is no ${type}`);
  const bytes = new Uint8Array(one.buffer);
  writer.bytes(writer.littleEndian ? bytes : swappedBytes(bytes, bytes.byteLength));
}

function codeOf(type: GgufValueType, key: string): number {
  const code = valueTypes.indexOf(type);
  if (code < 0) throw invalid(key, `is of no type that GGUF has: ${type}`);
  return code;
}

function checkedText(text: unknown, key: string): string {
  if (typeof text !== "string" || !text.isWellFormed()) throw invalid(key, "holds something that is no proper text");
  return text;
}

function isArray(item: unknown): item is GgufArray {
  return typeof item === "object" && item !== null && (item as Partial<GgufArray>).type === "array";
}

function kindOf(value: object): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}

function invalid(key: string, fault: string): ModelkeepError {
  return new ModelkeepError("invalid_input", `The metadata under ${quote(key)} ${fault}`);
}
