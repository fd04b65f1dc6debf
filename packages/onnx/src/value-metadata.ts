import type { TensorSpec } from "@modelkeep/core";

import type { OnnxEntry, OnnxValueInfo } from "./model.js";

/** What a signature knows of a value and ONNX has no field for: kept in the value's `metadata_props` as JSON. */
const keys = {
  features: "modelkeep.features",
  categories: "modelkeep.categories",
  ignored: "modelkeep.ignored",
} as const;

type Kept = Pick<TensorSpec, "features" | "categories" | "ignored">;

export function valueMetadata({ features, categories, ignored }: Kept): OnnxEntry[] {
  const entries: OnnxEntry[] = [];
  if (features !== undefined) entries.push({ key: keys.features, value: JSON.stringify(features) });
  if (categories !== undefined) entries.push({ key: keys.categories, value: JSON.stringify(categories) });
  if (ignored === true) entries.push({ key: keys.ignored, value: "true" });
  return entries;
}

/** Names of columns and categories, where they are there and well formed; anything else is a stranger's and is passed over. */
export function readValueMetadata(value: OnnxValueInfo): Kept {
  const features = list(value, keys.features, (each) => typeof each === "string");
  const categories = list(value, keys.categories, (each) => ["string", "number", "boolean"].includes(typeof each));
  const width = value.type?.tensorType?.shape?.dim?.at(-1)?.dimValue;
  return {
    ...(features !== undefined && features.length === width && { features: features as string[] }),
    ...(categories !== undefined && { categories: categories as (string | number | boolean)[] }),
    ...(text(value, keys.ignored) === "true" && { ignored: true }),
  };
}

function list(value: OnnxValueInfo, key: string, fits: (each: unknown) => boolean): unknown[] | undefined {
  const json = text(value, key);
  if (json === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) && parsed.every(fits) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function text(value: OnnxValueInfo, key: string): string | undefined {
  return value.metadataProps?.find((entry) => entry.key === key)?.value;
}
