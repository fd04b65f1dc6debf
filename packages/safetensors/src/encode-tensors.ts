import { type ByteSource, compareCodePoints, ModelkeepError, type Tensor } from "@modelkeep/core";

import { headerLimit, metadataName, prefixSize } from "./header.js";
import { nameOfDType } from "./safetensors-dtypes.js";
import type { TensorFile } from "./tensor-file.js";

/** A file to be written: its size is known before a byte of it is made. */
export interface EncodedTensors {
  /** Bytes. */
  readonly size: number;
  /** The bytes in pieces. Large pieces are views on the tensors' arrays, which must not change until they are written. */
  readonly open: ByteSource;
}

/** Where the first tensor starts is a multiple of this: enough for every element type and for vector instructions. */
const alignment = 64;
/** Arrays below this are copied together into one piece: many tiny writes cost more than the copy. */
const smallPiece = 64 * 1024;
const gatheredPiece = 1024 * 1024;
/** No piece is larger: whoever hashes or sends the bytes can take turns. */
const largestPiece = 16 * 1024 * 1024;

/**
 * The same tensors give the same bytes, in the order of the reference writer: elements of 8 bytes first, down to those
 * below one, and names in code-point order; so every tensor is aligned for its elements.
 */
export function encodeTensors(file: Pick<TensorFile, "tensors"> & Partial<TensorFile>): EncodedTensors {
  const tensors = [...file.tensors]
    .map(([name, tensor]) => ({ name, tensor, dtype: checkedDType(name, tensor) }))
    .sort((a, b) => b.dtype.rank - a.dtype.rank || compareCodePoints(a.name, b.name));
  const json: string[] = [];
  if (file.metadata !== undefined && file.metadata.size > 0) json.push(metadataJson(file.metadata));
  let end = 0;
  for (const { name, tensor, dtype } of tensors) {
    const start = end;
    end += (tensor.data as ArrayBufferView).byteLength;
    const entry = { dtype: dtype.name, shape: tensor.shape, data_offsets: [start, end] };
    json.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
  }
  const header = headerBytes(`{${json.join(",")}}`);
  const arrays = tensors.map(({ tensor }) => tensor.data as ArrayBufferView);
  return { size: header.byteLength + end, open: () => pieces(header, arrays) };
}

function checkedDType(name: string, tensor: Tensor): { name: string; rank: number } {
  if (name === metadataName || name === "__proto__" || !name.isWellFormed())
    throw new ModelkeepError("invalid_input", `${JSON.stringify(name)} can't be the name of a tensor in safetensors`);
  const dtype = nameOfDType(tensor.dtype);
  if (dtype === undefined) {
    throw new ModelkeepError(
      "unsupported",
      `The tensor ${JSON.stringify(name)} is of dtype ${tensor.dtype}, which safetensors does not have`,
      { details: { tensor: name, dtype: tensor.dtype } },
    );
  }
  if (endsWithinByte(tensor)) {
    throw new ModelkeepError(
      "invalid_input",
      `The tensor ${JSON.stringify(name)} has ${tensor.size} elements of ${tensor.dtype}, which fill no whole number of bytes`,
    );
  }
  return dtype;
}

/** Such a tensor of elements below one byte can't be written: the format wants whole bytes. */
export function endsWithinByte(tensor: Tensor): boolean {
  const unit = tensor.dtype === "float4_e2m1fn" ? 2 : tensor.dtype.startsWith("float6_") ? 4 : 1;
  return tensor.size % unit !== 0;
}

function metadataJson(metadata: ReadonlyMap<string, string>): string {
  const texts: string[] = [];
  for (const [name, text] of metadata) {
    if (name === "__proto__" || !name.isWellFormed() || !text.isWellFormed())
      throw new ModelkeepError("invalid_input", `The metadata under ${JSON.stringify(name)} is no proper text`);
    texts.push(`${JSON.stringify(name)}:${JSON.stringify(text)}`);
  }
  return `"${metadataName}":{${texts.join(",")}}`;
}

function headerBytes(text: string): Uint8Array {
  const json = new TextEncoder().encode(text);
  const size = Math.ceil((prefixSize + json.byteLength) / alignment) * alignment;
  if (size - prefixSize > headerLimit) {
    throw new ModelkeepError(
      "limit_exceeded",
      `The safetensors header would have ${json.byteLength} bytes, and readers refuse more than ${headerLimit}`,
    );
  }
  const header = new Uint8Array(size).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(size - prefixSize), true);
  header.set(json, prefixSize);
  return header;
}

async function* pieces(header: Uint8Array, arrays: readonly ArrayBufferView[]): AsyncGenerator<Uint8Array> {
  let gathered: Uint8Array[] = [header];
  let size = header.byteLength;
  for (const array of arrays) {
    const small = array.byteLength < smallPiece;
    if (size > 0 && (!small || size + array.byteLength > gatheredPiece)) {
      yield joined(gathered, size);
      gathered = [];
      size = 0;
    }
    if (small) {
      gathered.push(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
      size += array.byteLength;
    } else {
      for (let start = 0; start < array.byteLength; start += largestPiece) {
        const length = Math.min(largestPiece, array.byteLength - start);
        yield new Uint8Array(array.buffer, array.byteOffset + start, length);
      }
    }
  }
  if (size > 0) yield joined(gathered, size);
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const piece = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    piece.set(part, at);
    at += part.byteLength;
  }
  return piece;
}
