import { isTensor, type Tensor } from "@modelkeep/core";

import type { GgufValue } from "./gguf-value.js";
import { isQuantizedTensor, type QuantizedTensor } from "./quantized-tensor.js";

/** What a GGUF file holds. */
export interface GgufFile {
  /** Of metadata and tensors: "little" but for files made for other machines. */
  readonly byteOrder: "little" | "big";
  /** `general.alignment` among it says how tensors are aligned, 32 bytes unless given. */
  readonly metadata: ReadonlyMap<string, GgufValue>;
  readonly tensors: ReadonlyMap<string, Tensor | QuantizedTensor>;
}

/** Whether this is what a GGUF file holds: a byte order, metadata and tensors by name. */
export function isGgufFile(value: unknown): value is GgufFile {
  if (typeof value !== "object" || value === null) return false;
  const { byteOrder, metadata, tensors } = value as Partial<GgufFile>;
  return (
    (byteOrder === "little" || byteOrder === "big") &&
    metadata instanceof Map &&
    tensors instanceof Map &&
    [...tensors.values()].every((tensor) => isTensor(tensor) || isQuantizedTensor(tensor))
  );
}
