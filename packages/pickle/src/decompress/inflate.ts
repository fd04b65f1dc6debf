import { constants, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";

/** What came out and how much of the input it took; or why nothing did. */
export type Inflated =
  | { readonly bytes: Uint8Array; readonly used: number; readonly failure?: undefined }
  | { readonly failure: "limit" | "truncated" | "malformed"; readonly cause?: unknown };

/** zlib, gzip and raw deflate, checksums included. Never makes room for more than `limit` bytes. */
export function inflate(bytes: Uint8Array, form: "zlib" | "gzip" | "raw", limit: number): Inflated {
  // Larger pieces: fewer of them to put together at the end.
  const options = { maxOutputLength: Math.max(1, limit), chunkSize: 1 << 20, info: true } as const;
  const run = form === "zlib" ? inflateSync : form === "gzip" ? gunzipSync : inflateRawSync;
  try {
    const result = run(bytes, options) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
    const { buffer, byteOffset, length } = result.buffer;
    return { bytes: new Uint8Array(buffer, byteOffset, length), used: result.engine.bytesWritten };
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ERR_BUFFER_TOO_LARGE") return { failure: "limit", cause };
    return { failure: code === "Z_BUF_ERROR" ? "truncated" : "malformed", cause };
  }
}

/** The first bytes of what is compressed; empty when it cannot be read. */
export function inflateHead(bytes: Uint8Array, form: "zlib" | "gzip" | "raw"): Uint8Array {
  const run = form === "zlib" ? inflateSync : form === "gzip" ? gunzipSync : inflateRawSync;
  try {
    return run(bytes.subarray(0, 1024), { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 1 << 21 });
  } catch {
    return new Uint8Array(0);
  }
}
