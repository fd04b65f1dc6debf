import type { TensorSpec } from "@modelkeep/core";

import type { OnnxEntry, OnnxValueInfo } from "./model.js";

/** What a signature knows of a value and ONNX has no field for: kept in the value's `metadata_props` as JSON. */
const keys = { features: "modelkeep.features", categories: "modelkeep.categories" } as const;

export function valueMetadata({ features, categories }: Pick<TensorSpec, "features" | "categories">): OnnxEntry[] {
  const entries: OnnxEntry[] = [];
  if (features !== undefined) entries.push({ key: keys.features, value: JSON.stringify(features) });
  if (categories !== undefined) entries.push({ key: keys.categories, value: JSON.stringify(categories) });
  return entries;
}

/** Names of columns and categories, where they are there and well formed; anything else is a stranger's and is passed over. */
export function readValueMetadata(value: OnnxValueInfo): Pick<TensorSpec, "features" | "categories"> {
  const features = list(value, keys.features, (each) => typeof each === "string");
  const categories = list(value, keys.categories, (each) => ["string", "number", "boolean"].includes(typeof each));
  const width = value.type?.tensorType?.shape?.dim?.at(-1)?.dimValue;
  return {
    ...(features !== undefined && features.length === width && { features: features as string[] }),
    ...(categories !== undefined && { categories: categories as (string | number | boolean)[] }),
  };
}

function list(value: OnnxValueInfo, key: string, fits: (each: unknown) => boolean): unknown[] | undefined {
  const text = value.metadataProps?.find((entry) => entry.key === key)?.value;
  if (text === undefined) return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) && parsed.every(fits) ? parsed : undefined;
  } catch {
    return undefined;
  }
}
