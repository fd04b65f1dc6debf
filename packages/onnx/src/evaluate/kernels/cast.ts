import { type DType, ModelkeepError } from "@modelkeep/core";

import { dtypeOf } from "../../data-type.js";
import { given, type KernelTable } from "../kernel.js";
import { type Numbers, type Value, zeros } from "../value.js";

/** Another element type: floats to integers towards zero, to bool by "not zero", doubles to float32 by rounding. */
export function cast(value: Value, dtype: DType): Value {
  if (value.dtype === dtype) return value;
  const { shape } = value;
  if (dtype === "string")
    return { dtype, shape, data: Array.from(value.data as Numbers, (each) => toText(each, value.dtype)) };
  const source =
    value.dtype === "string" ? Float64Array.from(value.data as readonly string[], toNumber) : (value.data as Numbers);
  // Both are kept in doubles: what is whole already need not be copied.
  if (dtype === "int64" && source instanceof Float64Array && allWhole(source)) return { dtype, shape, data: source };
  const data = zeros(dtype, source.length);
  if (dtype === "float64" || dtype === "float32") data.set(source);
  else if (dtype === "bool") for (let at = 0; at < data.length; at++) data[at] = source[at] === 0 ? 0 : 1;
  else for (let at = 0; at < data.length; at++) data[at] = Math.trunc(source[at]!);
  return { dtype, shape, data };
}

function allWhole(source: Float64Array): boolean {
  for (let at = 0; at < source.length; at++) if (Math.trunc(source[at]!) !== source[at]) return false;
  return true;
}

function toText(number: number, dtype: DType): string {
  if (dtype === "float64" || dtype === "float32")
    throw new ModelkeepError("unsupported", "The JavaScript evaluator does not write floats as text");
  return String(number);
}

const special = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["+inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);

function toNumber(text: string): number {
  const number = special.get(text.toLowerCase()) ?? (text.trim() === "" ? Number.NaN : Number(text));
  if (Number.isNaN(number) && text.toLowerCase() !== "nan")
    throw new ModelkeepError("invalid_input", `${JSON.stringify(text.slice(0, 40))} is no number`);
  return number;
}

export const casts: KernelTable = {
  Cast: (node) => {
    const dtype = dtypeOf(node.int("to", 0));
    if (dtype === undefined) throw node.fault(`casts to the unknown data type ${node.int("to", 0)}`);
    return (inputs) => [cast(given(inputs, 0), dtype)];
  },
  CastLike: () => (inputs) => [cast(given(inputs, 0), given(inputs, 1).dtype)],
};
