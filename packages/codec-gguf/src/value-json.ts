import type { GgufArray, GgufValue } from "./gguf-value.js";
import type { SkippedArray } from "./read-values.js";

export type ValueJson = string | number | boolean | readonly ValueJson[];

/** A value for JSON: what JSON's numbers lack becomes text. */
export function valueJson(value: GgufValue | SkippedArray): ValueJson {
  if (value.type === "skipped") return `${value.length} of ${value.items}`;
  if (value.type === "array") return itemsJson(value);
  return typeof value.value === "string" || typeof value.value === "boolean" ? value.value : numberJson(value.value);
}

function itemsJson({ items, value }: GgufArray): readonly ValueJson[] {
  return Array.from<unknown, ValueJson>(value, (item) => {
    if (typeof item === "number") return items === "bool" ? item === 1 : numberJson(item);
    if (typeof item === "bigint") return numberJson(item);
    return typeof item === "string" ? item : itemsJson(item as GgufArray);
  });
}

function numberJson(value: number | bigint): number | string {
  const number = Number(value);
  const exact = typeof value === "bigint" ? Number.isSafeInteger(number) : Number.isFinite(value);
  return exact && !Object.is(number, -0) ? number : Object.is(number, -0) ? 0 : String(value);
}
