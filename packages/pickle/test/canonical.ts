import { createHash } from "node:crypto";

import { isTensor, tensorBytes } from "@modelkeep/core";
import {
  NumpyArray,
  PickleByteArray,
  NumpyDType,
  NumpyScalar,
  PickleDict,
  PickleGlobal,
  type PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "../src/index.js";

/*
 * The canonical form in which the fixtures' generator describes an object graph (see tooling/fixtures): class names,
 * state, arrays by the SHA-256 of their elements. It is written from live Python objects; here it is made from what
 * was read, and both must be equal.
 */

const smallArray = 2000;
const largestDict = 3000;
const deepest = 40;

export function canonical(value: PickleValue, depth = 0): unknown {
  if (depth > deepest) return { $deep: true };
  if (value === null || typeof value !== "object") return plain(value);
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof PickleByteArray) return byteArray(value.bytes);
  if (Array.isArray(value)) return value.map((item) => canonical(item, depth + 1));
  if (value instanceof PickleTuple) return { $tuple: value.items.map((item) => canonical(item, depth + 1)) };
  if (value instanceof PickleSet) return { $set: sorted(value.items.map((item) => plain(item))) };
  if (value instanceof PickleDict) {
    if (value.size > largestDict) return { $dict_len: value.size };
    return { $dict: Array.from(value, ([key, item]) => [canonical(key, depth + 1), canonical(item, depth + 1)]) };
  }
  if (value instanceof PickleGlobal) {
    const type = value.kind === "class" ? "$type" : "$callable";
    // Universal functions have no module of their own before NumPy 2.
    const path =
      value.kind === "function" && /^numpy\._?core\._multiarray_umath$/.test(value.module)
        ? `builtins.${value.name}`
        : value.path;
    return { [type]: path };
  }
  if (value instanceof NumpyDType) return { $dtype: dtype(value) };
  // numpy.str_ and numpy.bytes_ are Python's own str and bytes as well.
  if (value instanceof NumpyScalar && value.dtype.kind === "U") return value.value;
  if (value instanceof NumpyScalar && value.dtype.kind === "M")
    return {
      $scalar: { dtype: value.dtype.code, value: { $repr: dateText(value.value as number, value.dtype.unit) } },
    };
  if (value instanceof NumpyScalar) return { $scalar: { dtype: value.dtype.code, value: plain(value.value) } };
  if (value instanceof NumpyArray) return array(value);
  return object(value, depth);
}

/** A bytearray reduces to text and its encoding. */
function byteArray(bytes: Uint8Array): unknown {
  const text = Buffer.from(bytes).toString("latin1");
  return { $class: "builtins.bytearray", $by: "builtins.bytearray", $args: [text, "latin-1"] };
}

function object(value: PickleObject, depth: number): unknown {
  if (value.name === "RandomState") return randomState(value);
  const result: Record<string, unknown> = { $class: value.type.path };
  if (value.by !== undefined && value.name !== "complex") {
    result["$by"] = value.by.path;
    result["$args"] = value.args.map((argument) => canonical(argument, depth + 1));
  } else if (value.args.length > 0) {
    result["$args"] = value.args.map((argument) => canonical(argument, depth + 1));
  }
  if (value.state instanceof PickleDict)
    result["$state"] = Object.fromEntries(
      Array.from(value.state, ([key, item]) => [key as string, canonical(item, depth + 1)]),
    );
  else if (value.state !== undefined && value.state !== null) result["$state"] = canonical(value.state, depth + 1);
  if (value.items !== undefined) result["$items"] = value.items.map((item) => canonical(item, depth + 1));
  if (value.entries !== undefined)
    result["$dict"] = Array.from(value.entries, ([key, item]) => [
      canonical(key, depth + 1),
      canonical(item, depth + 1),
    ]);
  return result;
}

function randomState(value: PickleObject): unknown {
  const inner = value.attribute("state");
  const [key, position] = inner instanceof PickleDict ? [inner.get("key"), inner.get("pos")] : [];
  const bytes = key instanceof NumpyArray ? tensorBytes(key.tensor()) : new Uint8Array();
  return {
    $class: "numpy.random.RandomState",
    kind: value.attribute("bit_generator"),
    key_sha256: sha256(bytes),
    pos: position,
  };
}

function array(value: NumpyArray): unknown {
  const described: Record<string, unknown> = { dtype: dtype(value.dtype), shape: value.shape };
  if (value.values !== undefined) return { $nd: { ...described, data: value.values.map((item) => canonical(item)) } };
  if (value.dtype.bigEndian) {
    described["dtype"] = value.dtype.code;
    described["note"] = "sha256 is of the little-endian bytes";
  }
  if (value.fortran) described["order"] = "F";
  if (value.dtype.fields === undefined) {
    described["sha256"] = digest(value);
    if (value.size <= smallArray) described["data"] = elements(value);
  } else {
    const columns = Array.from(value.dtype.fields.keys(), (name) => [name, value.column(name)] as const);
    described["columns_sha256"] = Object.fromEntries(columns.map(([name, column]) => [name, digest(column)]));
    if (value.size <= smallArray / 4)
      described["columns"] = Object.fromEntries(columns.map(([name, column]) => [name, elements(column)]));
  }
  return { $nd: described };
}

function digest(value: NumpyArray): string {
  if (value.dtype.kind === "U" || value.dtype.kind === "S") return sha256(bytesOf(value));
  return sha256(tensorBytes(value.tensor()));
}

function bytesOf(value: NumpyArray): Uint8Array {
  const { memory } = value;
  return memory === undefined ? new Uint8Array() : new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
}

function elements(value: NumpyArray): unknown[] {
  const tensor = value.tensor();
  if (tensor.dtype === "complex128") {
    const parts = tensor.data as Float64Array;
    return Array.from({ length: value.size }, (_, index) => ({
      $repr: `(${parts[2 * index]}${parts[2 * index + 1]! < 0 ? "" : "+"}${parts[2 * index + 1]}j)`,
    }));
  }
  if (!isTensor(tensor)) throw new TypeError("not a tensor");
  return Array.from(tensor.data as ArrayLike<unknown>, (item) => {
    if (value.dtype.kind === "S") return { $bytes: Buffer.from(item as string, "latin1").toString("base64") };
    if (value.dtype.kind === "M") return { $repr: dateText(item as bigint, value.dtype.unit) };
    if (tensor.dtype === "bool") return item !== 0;
    if (tensor.dtype === "float16") return plain(halfFloat(item as number));
    return plain(
      typeof item === "bigint"
        ? item <= 2n ** 53n && item >= -(2n ** 53n)
          ? Number(item)
          : item
        : (item as PickleValue),
    );
  });
}

/** Dates in whole days, as Python's repr writes them. */
function dateText(count: bigint | number, unit: string | undefined): string {
  const date = new Date(Number(count) * 86_400_000);
  if (unit !== "D") throw new TypeError("only days are compared");
  return `datetime.date(${date.getUTCFullYear()}, ${date.getUTCMonth() + 1}, ${date.getUTCDate()})`;
}

function halfFloat(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size =
    exponent === 0
      ? fraction * 2 ** -24
      : exponent === 31
        ? fraction
          ? NaN
          : Infinity
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

function dtype(value: NumpyDType): unknown {
  if (value.fields === undefined) return value.code;
  const fields = [...value.fields.values()];
  return {
    names: fields.map((field) => field.name),
    formats: fields.map((field) => field.dtype.code),
    offsets: fields.map((field) => field.offset),
    itemsize: value.itemsize,
  };
}

function plain(value: PickleValue): unknown {
  if (typeof value === "bigint") return { $int: String(value) };
  if (typeof value !== "number" || Number.isFinite(value)) return value;
  return Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";
}

function sorted(items: unknown[]): unknown[] {
  return items.toSorted((a, b) => (String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
