import { isTensor, ModelkeepError, type PayloadSource, type Tensor } from "@modelkeep/core";

import { quote } from "./byte-cursor.js";
import { swappedBytes } from "./byte-order.js";
import { ByteWriter } from "./byte-writer.js";
import { type GgmlType, ggmlTypeOfDType, ggmlTypeOfName } from "./ggml-types.js";
import type { GgufFile } from "./gguf-file.js";
import { alignmentFault, alignmentKey, alignmentOf, headerLimit, magic, nameLimit } from "./header.js";
import type { QuantizedTensor } from "./quantized-tensor.js";
import { alignUp } from "./tensor-layout.js";
import { writeValue } from "./write-values.js";

export const mediaType = "application/vnd.gguf";

const version = 3;
const mostDimensions = 4;
/** No piece is larger: whoever hashes or sends the bytes can take turns. */
const largestPiece = 16 * 1024 * 1024;

/** Version 3, keys and tensors in the order of the model, as llama.cpp wants them; quantised bytes as they are. */
export function encodeFile(file: GgufFile, stem = "model"): readonly PayloadSource[] {
  const { byteOrder, metadata, tensors } = file;
  const fault = alignmentFault(metadata.get(alignmentKey));
  if (fault !== undefined) throw new ModelkeepError("invalid_input", `The metadata has ${fault}`);
  const alignment = alignmentOf(metadata.get(alignmentKey));
  const writer = new ByteWriter(byteOrder === "little");
  writer.view(4).setUint32(0, magic, true);
  writer.uint32(version);
  writer.uint64(tensors.size);
  writer.uint64(metadata.size);
  for (const [key, value] of metadata) {
    writer.blob(checkedName(key, "key"));
    writeValue(writer, key, value);
  }
  let offset = 0;
  for (const [name, tensor] of tensors) {
    writer.blob(checkedName(name, "tensor"));
    writer.uint32(checkedRank(name, tensor));
    for (const size of tensor.shape.toReversed()) writer.uint64(size);
    writer.uint32(typeOf(name, tensor).code);
    writer.uint64(offset);
    offset += alignUp(arrayOf(tensor).byteLength, alignment);
  }
  const header = writer.padded(alignment);
  if (header.byteLength > headerLimit)
    throw new ModelkeepError(
      "limit_exceeded",
      `The GGUF header would have ${header.byteLength} bytes; more than ${headerLimit} are not read`,
    );
  const size = header.byteLength + offset;
  const open = () => pieces(header, [...tensors.values()], alignment, byteOrder);
  return [{ path: `${stem}.gguf`, mediaType, size, open }];
}

async function* pieces(
  header: Uint8Array,
  tensors: readonly (Tensor | QuantizedTensor)[],
  alignment: number,
  byteOrder: GgufFile["byteOrder"],
): AsyncGenerator<Uint8Array> {
  yield header;
  for (const tensor of tensors) {
    const array = arrayOf(tensor);
    const width = byteOrder === "big" && isTensor(tensor) ? ggmlTypeOfDType(tensor.dtype)!.blockBytes : 1;
    for (let start = 0; start < array.byteLength; start += largestPiece) {
      const length = Math.min(largestPiece, array.byteLength - start);
      const piece = new Uint8Array(array.buffer, array.byteOffset + start, length);
      yield width === 1 ? piece : swappedBytes(piece, width);
    }
    const padding = alignUp(array.byteLength, alignment) - array.byteLength;
    if (padding > 0) yield new Uint8Array(padding);
  }
}

function arrayOf(tensor: Tensor | QuantizedTensor): ArrayBufferView {
  return isTensor(tensor) ? (tensor.data as ArrayBufferView) : tensor.bytes;
}

function typeOf(name: string, tensor: Tensor | QuantizedTensor): GgmlType {
  const type = isTensor(tensor) ? ggmlTypeOfDType(tensor.dtype) : ggmlTypeOfName(tensor.type);
  if (type !== undefined) return type;
  throw new ModelkeepError(
    "unsupported",
    `The tensor ${quote(name)} is of dtype ${(tensor as Tensor).dtype}, which GGUF does not have`,
    { details: { tensor: name, dtype: (tensor as Tensor).dtype } },
  );
}

function checkedRank(name: string, { shape }: Tensor | QuantizedTensor): number {
  if (shape.length <= mostDimensions) return shape.length;
  throw new ModelkeepError(
    "unsupported",
    `The tensor ${quote(name)} has ${shape.length} dimensions; GGUF has at most ${mostDimensions}`,
  );
}

function checkedName(name: string, what: "key" | "tensor"): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  if (name === "" || name === "__proto__" || !name.isWellFormed() || bytes.byteLength > nameLimit)
    throw new ModelkeepError("invalid_input", `${quote(name)} can't be the name of a ${what} in GGUF`);
  return bytes;
}
