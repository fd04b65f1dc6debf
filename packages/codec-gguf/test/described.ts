import { isTensor, type Tensor, tensorBytes } from "@modelkeep/core";

import { ggmlTypeOfDType } from "../src/ggml-types.js";
import { dequantizable, dequantize, type GgufFile, type GgufValue, type QuantizedTensor } from "../src/index.js";

/** What llama.cpp's package reads in a file that it wrote: tooling/fixtures/gguf_files.py. */
export interface Described {
  readonly byteOrder: "little" | "big";
  readonly metadata: Readonly<
    Record<string, { readonly type: string; readonly array: boolean; readonly value: unknown }>
  >;
  readonly tensors: Readonly<
    Record<
      string,
      { readonly type: string; readonly shape: readonly number[]; readonly hex: string; readonly float32?: string }
    >
  >;
}

/** The same of what we read. */
export function described({ byteOrder, metadata, tensors }: GgufFile): Described {
  return {
    byteOrder,
    metadata: Object.fromEntries(Array.from(metadata, ([key, value]) => [key, describedValue(value)])),
    tensors: Object.fromEntries(Array.from(tensors, ([name, tensor]) => [name, describedTensor(tensor, byteOrder)])),
  };
}

function describedValue(value: GgufValue): Described["metadata"][string] {
  if (value.type !== "array")
    return {
      type: value.type,
      array: false,
      value: typeof value.value === "bigint" ? Number(value.value) : value.value,
    };
  const items = Array.from<unknown, unknown>(value.value, (item) => (typeof item === "bigint" ? Number(item) : item));
  return { type: value.items, array: true, value: value.items === "bool" ? items.map((item) => item === 1) : items };
}

function describedTensor(tensor: Tensor | QuantizedTensor, byteOrder: string): Described["tensors"][string] {
  const { shape } = tensor;
  if (isTensor(tensor)) return { type: ggmlTypeOfDType(tensor.dtype)!.name, shape, hex: hexOf(tensorBytes(tensor)) };
  const known = byteOrder === "little" && dequantizable.has(tensor.type);
  const float32 = known ? { float32: hexOf(tensorBytes(dequantize(tensor))) } : {};
  return { type: tensor.type, shape, hex: hexOf(tensor.bytes), ...float32 };
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
