import { elementCount, ModelkeepError, Tensor } from "@modelkeep/core";

import { ggmlTypeOfName } from "../ggml-types.js";
import type { QuantizedTensor } from "../quantized-tensor.js";
import type { BlockReader } from "./block-reader.js";
import { q2_K, q3_K, q4_K, q5_K, q6_K } from "./k-blocks.js";
import { q4_0, q4_1, q5_0, q5_1, q8_0 } from "./small-blocks.js";
import { iq4_NL, iq4_XS, mxfp4 } from "./table-blocks.js";

const readers: ReadonlyMap<string, BlockReader> = new Map([
  ["Q4_0", q4_0],
  ["Q4_1", q4_1],
  ["Q5_0", q5_0],
  ["Q5_1", q5_1],
  ["Q8_0", q8_0],
  ["Q2_K", q2_K],
  ["Q3_K", q3_K],
  ["Q4_K", q4_K],
  ["Q5_K", q5_K],
  ["Q6_K", q6_K],
  ["IQ4_NL", iq4_NL],
  ["IQ4_XS", iq4_XS],
  ["MXFP4", mxfp4],
]);

/** The types that `dequantize` knows. */
export const dequantizable: ReadonlySet<string> = new Set(readers.keys());

/** The elements as float32, bit for bit those of llama.cpp's Python package. The bytes are those of a little-endian file. */
export function dequantize({ type, shape, bytes }: QuantizedTensor): Tensor {
  const read = readers.get(type);
  if (read === undefined)
    throw new ModelkeepError(
      "unsupported",
      `Tensors of type ${type} are not dequantised here; those of ${[...readers.keys()].join(", ")} are`,
      { details: { type } },
    );
  const { blockSize, blockBytes } = ggmlTypeOfName(type)!;
  const out = floats(elementCount(shape), type);
  for (let block = 0; block * blockSize < out.length; block++) read(bytes, block * blockBytes, out, block * blockSize);
  return new Tensor("float32", shape, out);
}

function floats(count: number, type: string): Float32Array {
  try {
    return new Float32Array(count);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ModelkeepError(
      "limit_exceeded",
      `A ${type} tensor of ${count} elements has ${4 * count} bytes as float32: more than this JavaScript engine holds in one array`,
      { cause },
    );
  }
}
