import { PickleDict } from "../dict.js";
import { NumpyArray } from "../numpy-array.js";
import { NumpyDType } from "../numpy-dtype.js";
import { NumpyScalar } from "../numpy-scalar.js";
import { shorten } from "../policy.js";
import { PickleByteArray, PickleGlobal, PickleObject, PickleSet, PickleTuple, type PickleValue } from "../value.js";

const longest = 400;
const deepest = 6;
const mostItems = 20;

/** A call as Python would write it, bounded: `posix.system("touch x")`. */
export function describeCall(callable: PickleValue, args: readonly PickleValue[]): string {
  return shorten(
    `${describe(callable)}(${args
      .slice(0, mostItems)
      .map((value) => describe(value))
      .join(", ")})`,
    longest,
  );
}

/** A value as Python would write it, bounded. */
export function describe(value: PickleValue, depth = 0): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "string") return JSON.stringify(shorten(value, 200));
  if (typeof value === "number") return String(value);
  if (typeof value === "bigint")
    return value > -(2n ** 128n) && value < 2n ** 128n ? String(value) : "<a large integer>";
  if (value instanceof Uint8Array) return bytesText(value);
  if (value instanceof PickleByteArray) return `bytearray(${bytesText(value.bytes)})`;
  if (value instanceof PickleGlobal) return `${shorten(value.module)}.${shorten(value.name)}`;
  if (value instanceof NumpyScalar) return describe(value.value, depth);
  if (value instanceof NumpyDType) return `dtype(${JSON.stringify(value.code)})`;
  if (value instanceof NumpyArray) return `<array of ${value.dtype.code}, shape ${value.shape.join("x")}>`;
  if (depth > deepest) return "…";
  const list = (items: readonly PickleValue[]): string =>
    items
      .slice(0, mostItems)
      .map((item) => describe(item, depth + 1))
      .join(", ") + (items.length > mostItems ? ", …" : "");
  if (Array.isArray(value)) return `[${list(value)}]`;
  if (value instanceof PickleTuple) return `(${list(value.items)}${value.items.length === 1 ? "," : ""})`;
  if (value instanceof PickleSet) return `{${list(value.items)}}`;
  if (value instanceof PickleDict) {
    const entries = Array.from(value).slice(0, mostItems);
    return `{${entries.map(([key, item]) => `${describe(key, depth + 1)}: ${describe(item, depth + 1)}`).join(", ")}}`;
  }
  return value instanceof PickleObject ? `${describe(value.by ?? value.type)}(${list(value.args)})` : "<…>";
}

function bytesText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes.subarray(0, 60)) {
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, "0")}`;
  }
  return `b"${text}${bytes.length > 60 ? "…" : ""}"`;
}
