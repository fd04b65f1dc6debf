import { isModelkeepError, ModelkeepError, parseJson, Tensor } from "@modelkeep/core";
import type { NumpyArray, NumpyFile } from "@modelkeep/pickle";
import type { TensorFile } from "@modelkeep/safetensors";

/** Texts about the arrays lie in the archive as one more array: a JSON object as a single text. */
export const metadataName = "__metadata__";

/** Named arrays as tensors. The columns of an array of records become tensors of their own, `name.column`. */
export function tensorFileOf({ arrays }: NumpyFile): TensorFile {
  const tensors = new Map<string, Tensor>();
  let metadata: ReadonlyMap<string, string> | undefined;
  for (const [name, array] of arrays) {
    if (name === metadataName && (metadata = metadataIn(array)) !== undefined) continue;
    for (const [path, tensor] of tensorsIn(array, name)) {
      if (tensors.has(path)) throw new ModelkeepError("malformed", `Two arrays are named ${JSON.stringify(path)}`);
      tensors.set(path, tensor);
    }
  }
  return { tensors, metadata: metadata ?? new Map() };
}

export function tensorsWithMetadata({ tensors, metadata }: TensorFile): ReadonlyMap<string, Tensor> {
  if (tensors.has(metadataName))
    throw new ModelkeepError("invalid_input", `The name ${metadataName} is reserved for texts about the arrays`);
  for (const name of tensors.keys())
    if (name === "" || name.startsWith("/") || name.split("/").includes(".."))
      throw new ModelkeepError("invalid_input", `${JSON.stringify(name)} cannot be the name of a file in an archive`);
  if (metadata.size === 0) return tensors;
  return new Map([
    ...tensors,
    [metadataName, new Tensor("string", [], [JSON.stringify(Object.fromEntries(metadata))])],
  ]);
}

function tensorsIn(array: NumpyArray, name: string): (readonly [string, Tensor])[] {
  const { fields } = array.dtype;
  if (fields !== undefined)
    return [...fields.keys()].flatMap((field) => tensorsIn(array.column(field), `${name}.${field}`));
  if (array.values === undefined) return [[name, array.tensor()]];
  if (array.values.every((value) => typeof value === "string"))
    return [[name, new Tensor("string", array.shape, array.values)]];
  throw new ModelkeepError(
    "unsupported",
    `The array ${JSON.stringify(name)} holds Python objects that are no texts: it is no tensor. Save it with a plain dtype (array.astype(…))`,
  );
}

function metadataIn(array: NumpyArray): ReadonlyMap<string, string> | undefined {
  if (array.shape.length > 0 || array.dtype.kind !== "U") return undefined;
  const [text] = array.tensor().data as readonly string[];
  try {
    const value = parseJson(new TextEncoder().encode(text), { what: metadataName });
    const entries = typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
    return entries.length > 0 && entries.every(([, item]) => typeof item === "string")
      ? new Map(entries as [string, string][])
      : undefined;
  } catch (error) {
    if (isModelkeepError(error)) return undefined;
    throw error;
  }
}
