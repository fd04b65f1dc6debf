import type { dtypeKind } from "./elements.js";

/** One value of an input, as a row or a record has it. */
export type Value = number | bigint | string | boolean;
/** The values of a row or column, in order. */
export type Values = readonly (Value | null)[] | Float32Array | Float64Array | Int32Array | BigInt64Array;
/** A row of an input of any number of dimensions: lists within lists. */
export type Nested = Value | null | Values | readonly Nested[];

/** Floats that JSON and CSV have no number for. */
const words: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Infinity],
  ["infinity", Infinity],
  ["-inf", -Infinity],
  ["-infinity", -Infinity],
]);

/** null, and what people and JSON write for floats that are no numbers. */
export function asFloat(value: Value | null | undefined): Value | null | undefined {
  if (value === null) return Number.NaN;
  return typeof value === "string" ? (words.get(value.toLowerCase()) ?? value) : value;
}

export function fitsKind(value: Value | null, kind: ReturnType<typeof dtypeKind>): value is Value {
  const type = typeof value;
  if (kind === "string") return type === "string";
  return kind === "bool" ? type === "boolean" : type === "number" || type === "bigint";
}

export function isValues(value: unknown): value is Values {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
