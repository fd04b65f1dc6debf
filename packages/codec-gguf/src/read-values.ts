import { ModelkeepError } from "@modelkeep/core";

import { type ByteCursor, malformed, quote } from "./byte-cursor.js";
import { swapBytes } from "./byte-order.js";
import {
  type GgufArray,
  type GgufItems,
  type GgufNumberType,
  type GgufValue,
  type GgufValueType,
  itemArrays,
  valueTypes,
} from "./gguf-value.js";

/** A long array that was passed over. */
export interface SkippedArray {
  readonly type: "skipped";
  readonly items: GgufValueType;
  readonly length: number;
}

export interface ValueLimits {
  /** Nesting of arrays. */
  readonly depth: number;
  /** Counts the values read; throws when they are too many. */
  readonly count: (more: number) => void;
  /** Longer arrays are passed over. */
  readonly longest: number;
}

/** An array within an array takes the memory of some texts. */
const arrayCost = 8;

/** A value of the metadata: its type, and what is of that type. */
export function readValue(cursor: ByteCursor, key: string, limits: ValueLimits): GgufValue | SkippedArray {
  const type = readType(cursor, key);
  switch (type) {
    case "array":
      return readArray(cursor, key, limits, 1);
    case "string":
      return { type, value: cursor.text(`the text ${quote(key)}`) };
    case "bool":
      return { type, value: readBool(cursor.uint8(quote(key)), key, cursor.at - 1) };
    case "uint64":
    case "int64": {
      const view = cursor.view(8, quote(key));
      const value =
        type === "int64" ? view.getBigInt64(0, cursor.littleEndian) : view.getBigUint64(0, cursor.littleEndian);
      return { type, value };
    }
    default:
      return { type, value: readNumber(cursor, type, key) };
  }
}

function readArray(cursor: ByteCursor, key: string, limits: ValueLimits, depth: number): GgufArray | SkippedArray {
  if (depth > limits.depth)
    throw new ModelkeepError(
      "limit_exceeded",
      `The GGUF header has arrays nested deeper than ${limits.depth} under ${quote(key)}`,
      { details: { offset: cursor.at } },
    );
  const items = readType(cursor, key);
  const width = itemArrays.get(items)?.BYTES_PER_ELEMENT;
  const length = cursor.count(`items under ${quote(key)}`, width ?? (items === "string" ? 8 : 12));
  const skipped = length > limits.longest;
  if (width !== undefined) {
    if (!skipped) return { type: "array", items, value: readNumbers(cursor, items, length, key) };
    cursor.skip(length * width, quote(key));
    return { type: "skipped", items, length };
  }
  limits.count(items === "array" ? length * arrayCost : length);
  const what = `a text under ${quote(key)}`;
  if (skipped) {
    const none = { ...limits, longest: -1 };
    for (let index = 0; index < length; index++)
      if (items === "string") cursor.skipText(what);
      else readArray(cursor, key, none, depth + 1);
    return { type: "skipped", items, length };
  }
  if (items === "string") {
    const texts: string[] = [];
    for (let index = 0; index < length; index++) texts.push(cursor.text(what));
    return { type: "array", items, value: texts };
  }
  const arrays: GgufArray[] = [];
  let whole = true;
  for (let index = 0; index < length; index++) {
    const array = readArray(cursor, key, limits, depth + 1);
    if (array.type === "array") arrays.push(array);
    else whole = false;
  }
  return whole ? { type: "array", items, value: arrays } : { type: "skipped", items, length };
}

function readNumbers(cursor: ByteCursor, items: GgufValueType, length: number, key: string): GgufItems {
  const array = itemArrays.get(items)!;
  const start = cursor.at;
  const bytes = cursor.take(length * array.BYTES_PER_ELEMENT, quote(key));
  if (!cursor.littleEndian) swapBytes(bytes, array.BYTES_PER_ELEMENT);
  const wrong = items === "bool" ? bytes.findIndex((byte) => byte > 1) : -1;
  if (wrong >= 0) readBool(bytes[wrong]!, key, start + wrong);
  return new array(bytes.buffer);
}

function readType(cursor: ByteCursor, key: string): GgufValueType {
  const code = cursor.uint32(`the type of ${quote(key)}`);
  const type = valueTypes[code];
  if (type === undefined)
    throw malformed(`has a value of type ${code} under ${quote(key)}; types go up to 12`, cursor.at - 4);
  return type;
}

function readBool(byte: number, key: string, offset: number): boolean {
  if (byte > 1) throw malformed(`has a bool of ${byte} under ${quote(key)}`, offset);
  return byte === 1;
}

function readNumber(cursor: ByteCursor, type: GgufNumberType, key: string): number {
  const { littleEndian } = cursor;
  const view = cursor.view(itemArrays.get(type)!.BYTES_PER_ELEMENT, quote(key));
  switch (type) {
    case "uint8":
      return view.getUint8(0);
    case "int8":
      return view.getInt8(0);
    case "uint16":
      return view.getUint16(0, littleEndian);
    case "int16":
      return view.getInt16(0, littleEndian);
    case "uint32":
      return view.getUint32(0, littleEndian);
    case "int32":
      return view.getInt32(0, littleEndian);
    case "float32":
      return view.getFloat32(0, littleEndian);
    case "float64":
      return view.getFloat64(0, littleEndian);
  }
}
