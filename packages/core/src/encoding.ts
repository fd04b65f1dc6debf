import { type Compression, deflate, inflate } from "#zlib";

import { isModelkeepError, ModelkeepError } from "./errors.js";
import type { ByteSource } from "./store.js";

/** How a payload's bytes are kept: a raw DEFLATE stream (RFC 1951), or a gzip file (RFC 1952). */
export type Encoding = Compression;

/** DEFLATE never makes more than 1,032 bytes out of one. */
const mostPerByte = 1032;

/** Compresses what the source opens, at a level from 1, quick, to 9, small; default 6. */
export function encoded(source: ByteSource, encoding: Encoding, level = 6): ByteSource {
  if (!Number.isInteger(level) || level < 1 || level > 9)
    throw new TypeError(`A compression level is a whole number from 1 to 9, not ${level}`);
  return () => deflate(source(), encoding, level);
}

/** The plain bytes: `malformed` when the compressed ones are broken, `size_mismatch` as soon as they give more than `size`. */
export async function* decoded(
  source: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  size: number,
): AsyncGenerator<Uint8Array> {
  let seen = 0;
  const plain = inflate(source, encoding);
  try {
    for (;;) {
      const next = await plain.next().catch(rethrow);
      if (next.done) break;
      seen += next.value.length;
      if (seen > size)
        throw new ModelkeepError("size_mismatch", `The compressed bytes give more than the ${size} announced`);
      yield next.value;
    }
  } finally {
    await plain.return(undefined);
  }
  if (seen < size)
    throw new ModelkeepError("size_mismatch", `The compressed bytes give ${seen} bytes, not the ${size} announced`);
}

/** Refuses a size that no compressed bytes of this length can give, before anything is allocated for it. */
export function checkExpansion(compressed: number, size: number): void {
  if (size > compressed * mostPerByte)
    throw new ModelkeepError("size_mismatch", `${compressed} compressed bytes can't give the ${size} announced`);
}

function rethrow(cause: unknown): never {
  if (isModelkeepError(cause) || !isCompressionFault(cause)) throw cause;
  throw new ModelkeepError("malformed", `The compressed bytes are broken: ${(cause as Error).message}`, { cause });
}

/** An error of the source, such as a disk's, passes as it is; one of the engines (zlib's codes, fflate's numbers, ours) means bad bytes. */
function isCompressionFault(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = (error as { code?: unknown }).code;
  return code === undefined || typeof code === "number" || (typeof code === "string" && code.startsWith("Z_"));
}
