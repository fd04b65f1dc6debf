import { dtypeInfo, type Limits, ModelkeepError, type Payload, Tensor, throwIfAborted } from "@modelkeep/core";

import { headerLength, parseHeader, prefixSize, type TensorEntry, type TensorFileHeader } from "./header.js";
import type { TensorFile } from "./tensor-file.js";

/** How much a file may hold. */
export interface DecodeTensorsOptions {
  /** `items`: tensors and texts, 500,000 unless given. `bytes`: of the file. */
  readonly limits?: Limits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * All tensors of a file that is in memory. They are views on the buffer where their address is aligned for the dtype,
 * else copies; so the buffer belongs to them from now on.
 */
export function decodeTensors(file: ArrayBuffer | Uint8Array, options: DecodeTensorsOptions = {}): TensorFile {
  const { buffer, byteOffset, byteLength } =
    file instanceof Uint8Array ? file : { buffer: file, byteOffset: 0, byteLength: file.byteLength };
  checkSize(byteLength, options.limits);
  const prefix = new Uint8Array(buffer, byteOffset, Math.min(prefixSize, byteLength));
  const json = new Uint8Array(buffer, byteOffset + prefix.length, headerLength(prefix, byteLength));
  const header = parseHeader(json, byteLength, options.limits);
  const tensors = new Map<string, Tensor>();
  for (const entry of header.tensors.values()) tensors.set(entry.name, tensorAt(entry, buffer, byteOffset));
  return { tensors, metadata: header.metadata };
}

/** The header of a payload, from its first bytes alone. */
export async function readHeader(
  payload: Pick<Payload, "size" | "range">,
  options: DecodeTensorsOptions = {},
): Promise<TensorFileHeader> {
  const { signal, limits } = options;
  const prefix = await payload.range(0, Math.min(prefixSize, payload.size), { signal });
  const length = headerLength(prefix, payload.size);
  return parseHeader(await payload.range(prefixSize, prefixSize + length, { signal }), payload.size, limits);
}

/** One tensor of a payload, reading its own bytes only. The entry is one of `readHeader`. */
export async function readTensor(
  payload: Pick<Payload, "range">,
  entry: TensorEntry,
  options: Pick<DecodeTensorsOptions, "signal"> = {},
): Promise<Tensor> {
  throwIfAborted(options.signal);
  const bytes = await payload.range(entry.start, entry.end, options);
  return tensorAt({ ...entry, start: 0, end: bytes.byteLength }, bytes.buffer, bytes.byteOffset);
}

/** Also for buffers and tensors beyond 4 GiB, which no Uint8Array spans. */
function tensorAt(entry: TensorEntry, buffer: ArrayBufferLike, fileStart: number): Tensor {
  const { array } = dtypeInfo(entry.dtype);
  if (array === undefined) throw new TypeError("safetensors has no strings");
  const start = fileStart + entry.start;
  const size = entry.end - entry.start;
  try {
    const data =
      start % array.BYTES_PER_ELEMENT === 0
        ? new array(buffer, start, size / array.BYTES_PER_ELEMENT)
        : new array(buffer.slice(start, start + size), 0, size / array.BYTES_PER_ELEMENT);
    return new Tensor(entry.dtype, entry.shape, data);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new ModelkeepError(
      "limit_exceeded",
      `The tensor ${JSON.stringify(entry.name)} has ${size} bytes: more than this JavaScript engine holds in one array`,
      { cause },
    );
  }
}

function checkSize(size: number, limits: Limits | undefined): void {
  if (limits?.bytes !== undefined && size > limits.bytes)
    throw new ModelkeepError("limit_exceeded", `The safetensors file has ${size} bytes; the limit is ${limits.bytes}`);
}
