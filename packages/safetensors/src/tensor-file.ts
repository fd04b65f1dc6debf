import { isTensor, type Tensor } from "@modelkeep/core";

/** What a safetensors file holds: tensors under names, and texts about them. */
export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The header's `__metadata__`; empty when it has none. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Whether this is what a safetensors file holds: tensors by name, and texts. */
export function isTensorFile(value: unknown): value is TensorFile {
  if (typeof value !== "object" || value === null) return false;
  const { tensors, metadata } = value as Partial<TensorFile>;
  return isMap(tensors, (tensor) => isTensor(tensor)) && isMap(metadata, (text) => typeof text === "string");
}

function isMap(value: unknown, holds: (item: unknown) => boolean): boolean {
  return value instanceof Map && [...value].every(([name, item]) => typeof name === "string" && holds(item));
}
