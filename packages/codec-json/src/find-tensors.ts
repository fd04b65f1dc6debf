import { type Inspection, isDType, isJsonObject, type Json } from "@modelkeep/core";

type FoundTensor = NonNullable<Inspection["tensors"]>[number];

/** The tensors of a document's state, under the names of their places. */
export function findTensors(state: Json | undefined): FoundTensor[] {
  const found: FoundTensor[] = [];
  const visit = (value: Json | undefined, path: readonly string[]): void => {
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) visit(item, [...path, String(index)]);
    } else if (isJsonObject(value)) {
      const marked = value["$tensor"];
      if (marked === undefined) for (const [key, item] of Object.entries(value)) visit(item, [...path, key]);
      else if (isJsonObject(marked)) {
        const { dtype, shape } = marked;
        if (isDType(dtype) && isShape(shape)) found.push({ name: path.join(".") || "state", dtype, shape });
      }
    }
  };
  visit(state, []);
  return found;
}

/** Counts whose product is one too. */
function isShape(value: Json | undefined): value is number[] {
  if (!Array.isArray(value) || !value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0))
    return false;
  return (value as number[]).reduce((count, size) => count * (size || 1), 1) <= Number.MAX_SAFE_INTEGER;
}
