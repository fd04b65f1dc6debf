import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import { type ByteCursor, malformed, quote } from "./byte-cursor.js";
import { type GgmlType, ggmlTypeOfCode, unknownTypeText } from "./ggml-types.js";
import { blockCount } from "./quantized-tensor.js";

/** Where one tensor lies: bytes from `start` to before `end`; from where tensors begin, or from the start of the file. */
export interface TensorEntry {
  readonly type: GgmlType;
  /** In C order, unlike in the file, where the dimension that runs fastest comes first. */
  readonly shape: readonly number[];
  readonly start: number;
  readonly end: number;
}

/** As ggml has it. */
const mostDimensions = 4;

export function readTensorEntry(cursor: ByteCursor, name: string): TensorEntry {
  const what = `the tensor ${quote(name)}`;
  const rank = cursor.uint32(what);
  if (rank > mostDimensions)
    throw new ModelkeepError(
      "unsupported",
      `The GGUF header has ${what} of ${rank} dimensions; more than ${mostDimensions} are not supported`,
    );
  const shape = Array.from({ length: rank }, () => cursor.uint64(`a size in ${what}`)).reverse();
  const code = cursor.uint32(what);
  const type = ggmlTypeOfCode(code);
  if (type === undefined)
    throw new ModelkeepError("unsupported", `The GGUF header has ${what} of ${unknownTypeText(code)}`, {
      details: { tensor: name, type: code },
    });
  const start = cursor.uint64(`the offset of ${what}`);
  const end = start + sizeOf(type, shape, what);
  if (!Number.isSafeInteger(end)) throw malformed(`has ${what} that ends beyond any file`);
  return { type, shape, start, end };
}

function sizeOf({ name, blockSize, blockBytes }: GgmlType, shape: readonly number[], what: string): number {
  try {
    return blockCount(shape, blockSize) * blockBytes;
  } catch (cause) {
    if (!isModelkeepError(cause, "invalid_input")) throw cause;
    throw malformed(`has ${what} of type ${name} and shape [${shape.join(", ")}]: ${cause.message}`, undefined, cause);
  }
}
