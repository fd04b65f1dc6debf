import type { TensorSpec } from "@modelkeep/core";

/** One input or output in a line: "features float64[batch, 3] (alcohol, malic_acid, ash)". */
export function specText({ name, dtype, shape, features }: TensorSpec): string {
  return `${name} ${dtype}[${shape.map((each) => each ?? "?").join(", ")}]${features === undefined ? "" : ` (${shorten(features)})`}`;
}

function shorten(names: readonly string[]): string {
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 7).join(", ")}, … ${names.length} in all`;
}
