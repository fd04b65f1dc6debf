import { asMemory, headOf } from "../read.js";
import type { Memory } from "../input.js";
import { Deadline, type PickleLimits, resolveLimits } from "../limits.js";
import { malformed } from "../errors.js";
import { compressionOf, decompress } from "./decompress.js";

/**
 * What a file holds that is compressed as a whole, by its first bytes: gzip, zlib, bzip2, xz, LZMA or LZ4. Undefined for any
 * other. `limit_exceeded` where it expands beyond all measure, or for too long; `malformed` where more follows.
 */
export function decompressFile(
  source: Memory | ArrayBuffer,
  options: { readonly limits?: PickleLimits | undefined; readonly signal?: AbortSignal | undefined } = {},
): Memory | undefined {
  const memory = asMemory(source);
  const compression = compressionOf(headOf(memory));
  if (compression === undefined) return undefined;
  const limits = resolveLimits(options.limits);
  const found = decompress(memory, compression, limits, new Deadline(limits.time, options.signal));
  if (found.used < memory.byteLength)
    throw malformed(`${memory.byteLength - found.used} bytes follow the ${compression} data`);
  return found.memory;
}
