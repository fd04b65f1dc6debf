import { elementCount, ModelkeepError } from "@modelkeep/core";

import { ggmlTypeOfName } from "./ggml-types.js";

const marker = Symbol.for("modelkeep.gguf.quantized-tensor");

/** Elements in C order under a shape, packed into blocks by a type of ggml. The bytes are held as given, and as in the file. */
export class QuantizedTensor {
  readonly [marker] = true;
  /** As llama.cpp calls it: "Q4_K". */
  readonly type: string;
  /** In elements; the last dimension is a whole number of blocks. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;

  /** Throws `invalid_input` when type, shape and bytes do not agree. */
  constructor(type: string, shape: readonly number[], bytes: Uint8Array) {
    const info = ggmlTypeOfName(type);
    if (info === undefined || info.dtype !== undefined)
      throw new ModelkeepError("invalid_input", `${JSON.stringify(type)} is no quantised type of ggml`);
    const wanted = blockCount(shape, info.blockSize) * info.blockBytes;
    if (bytes.byteLength !== wanted)
      throw new ModelkeepError(
        "invalid_input",
        `A ${type} tensor of shape [${shape.join(", ")}] needs ${wanted} bytes, not ${bytes.byteLength}`,
      );
    this.type = type;
    this.shape = Object.freeze([...shape]);
    this.bytes = bytes;
  }
}

/** True for quantised tensors of any copy of this library; `instanceof` would not be. */
export function isQuantizedTensor(value: unknown): value is QuantizedTensor {
  return typeof value === "object" && value !== null && (value as { [marker]?: unknown })[marker] === true;
}

/** Blocks that elements of a shape fill; `invalid_input` when a row ends within a block. */
export function blockCount(shape: readonly number[], blockSize: number): number {
  const row = shape.at(-1) ?? 1;
  if (row % blockSize !== 0)
    throw new ModelkeepError("invalid_input", `Rows of ${row} elements are no whole number of blocks of ${blockSize}`);
  return elementCount(shape) / blockSize;
}
