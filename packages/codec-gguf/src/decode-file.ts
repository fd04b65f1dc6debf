import { type DecodeOptions, dtypeInfo, ModelkeepError, type PayloadSet, Tensor } from "@modelkeep/core";

import { quote } from "./byte-cursor.js";
import { swapBytes } from "./byte-order.js";
import type { GgufFile } from "./gguf-file.js";
import type { GgufValue } from "./gguf-value.js";
import { QuantizedTensor } from "./quantized-tensor.js";
import { headerOf } from "./read-header.js";
import type { TensorEntry } from "./tensor-entry.js";

/** Tensors are views on what was read where their place is aligned for the dtype, and copies else. */
export async function decodeFile({ main }: PayloadSet, options: DecodeOptions = {}): Promise<GgufFile> {
  const { limits, ...read } = options;
  if (limits?.bytes !== undefined && main.size > limits.bytes)
    throw new ModelkeepError(
      "limit_exceeded",
      `${JSON.stringify(main.path)} has ${main.size} bytes; the limit is ${limits.bytes}`,
    );
  const buffer = await main.buffer(read);
  const header = headerOf(buffer, { limits });
  const tensors = new Map<string, Tensor | QuantizedTensor>();
  for (const [name, entry] of header.tensors) tensors.set(name, tensorAt(buffer, name, entry, header.byteOrder));
  // Nothing was passed over: no longest array was given.
  return { byteOrder: header.byteOrder, metadata: header.metadata as ReadonlyMap<string, GgufValue>, tensors };
}

function tensorAt(
  buffer: ArrayBuffer,
  name: string,
  { type, shape, start, end }: TensorEntry,
  byteOrder: GgufFile["byteOrder"],
): Tensor | QuantizedTensor {
  try {
    if (type.dtype === undefined) {
      const bytes = end === start ? new Uint8Array(0) : new Uint8Array(buffer, start, end - start);
      return new QuantizedTensor(type.name, shape, bytes);
    }
    const width = type.blockBytes;
    const array = dtypeInfo(type.dtype).array!;
    const count = (end - start) / width;
    // Its place may be behind the end of the file.
    if (count === 0) return new Tensor(type.dtype, shape, new array(0));
    if (byteOrder === "little" && start % width === 0)
      return new Tensor(type.dtype, shape, new array(buffer, start, count));
    const copy = buffer.slice(start, end);
    if (byteOrder === "big") swapBytes(new Uint8Array(copy), width);
    return new Tensor(type.dtype, shape, new array(copy, 0, count));
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ModelkeepError(
      "limit_exceeded",
      `The tensor ${quote(name)} has ${end - start} bytes: more than this JavaScript engine holds in one array`,
      { cause },
    );
  }
}
