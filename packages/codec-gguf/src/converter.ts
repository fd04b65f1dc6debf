import { type Conversion, type Converter, ModelkeepError, type Tensor } from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";

import { dequantizable, dequantize } from "./dequantize/dequantize.js";
import { type GgufFile, isGgufFile } from "./gguf-file.js";
import { isQuantizedTensor, type QuantizedTensor } from "./quantized-tensor.js";
import { valueJson } from "./value-json.js";

/** Longer arrays of the metadata, as a vocabulary, have no place in the texts of other formats. */
const longest = 1000;

/** The tensors, for a format of plain tensors; quantised ones as float32, where that is asked for. */
export function ggufConverter(to: string): Converter<GgufFile> {
  return {
    from: "gguf",
    to,
    owns: isGgufFile,
    async convert(file, { dequantize: asked = false, precision, signature } = {}) {
      if (precision !== undefined || signature !== undefined)
        throw new ModelkeepError(
          "unsupported",
          "[gguf] Tensors alone have no precision to choose, and no signature: leave it out",
        );
      const quantized = [...file.tensors].filter((entry): entry is [string, QuantizedTensor] =>
        isQuantizedTensor(entry[1]),
      );
      checkQuantized(quantized, to, asked, file.byteOrder);
      const tensors = new Map<string, Tensor>();
      for (const [name, tensor] of file.tensors)
        tensors.set(name, isQuantizedTensor(tensor) ? dequantize(tensor) : tensor);
      const { metadata, notes } = textsOf(file);
      const told = quantized.length === 0 ? [] : [`Quantised tensors were written as float32: ${quantized.length}`];
      return conversion({ tensors, metadata }, [...told, ...notes]);
    },
  };
}

function conversion(model: TensorFile, notes: readonly string[]): Conversion {
  return { model, exactness: "bits", notes };
}

function checkQuantized(
  tensors: readonly (readonly [string, QuantizedTensor])[],
  to: string,
  asked: boolean,
  byteOrder: GgufFile["byteOrder"],
): void {
  const types = [...new Set(tensors.map(([, { type }]) => type))];
  if (types.length === 0) return;
  const unknown = types.filter((type) => !dequantizable.has(type));
  const which = `Tensors of this GGUF file are quantised (${tensors.length}: ${types.join(", ")})`;
  if (unknown.length > 0)
    throw new ModelkeepError(
      "unsupported",
      `${which}, and ${unknown.join(", ")} can't be dequantised here: keep the file as it is`,
      { details: { types: unknown } },
    );
  if (byteOrder === "big")
    throw new ModelkeepError("unsupported", `${which} in big-endian order, which is not dequantised here`);
  if (!asked)
    throw new ModelkeepError(
      "unsupported",
      `${which}, which ${to} has no types for: ask to dequantise them (--dequantize), and they are written as float32, with four bytes for each element`,
      { details: { types } },
    );
}

function textsOf({ metadata }: GgufFile): {
  readonly metadata: Map<string, string>;
  readonly notes: readonly string[];
} {
  const texts = new Map<string, string>();
  const left: string[] = [];
  for (const [key, value] of metadata) {
    if (value.type === "array" && value.value.length > longest) left.push(key);
    else texts.set(key, value.type === "string" ? value.value : JSON.stringify(valueJson(value)));
  }
  const note = `Left out of the metadata, since they are long: ${left.join(", ")}`;
  return { metadata: texts, notes: left.length === 0 ? [] : [note] };
}
