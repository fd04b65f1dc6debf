import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as zlib from "node:zlib";

import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import type { LayerForm } from "./media-types.js";

/** What compressed weights never reach, and bombs do: this many times their size, beyond the first bytes. */
const mostExpansion = 200;
const freely = 64 << 20;

/** The tar archive of a layer, of at most 200 times the layer's size (64 MiB are always allowed). */
export async function* decompressed(
  bytes: AsyncIterable<Uint8Array>,
  form: LayerForm,
  { size, what }: { readonly size: number; readonly what: string },
): AsyncGenerator<Uint8Array> {
  if (form === "tar" || form === "raw") {
    yield* bytes;
    return;
  }
  const plain = form === "tar+gzip" ? zlib.createGunzip() : zstd(what);
  const fed = pipeline(Readable.from(bytes, { objectMode: true }), plain);
  fed.catch(() => undefined);
  const most = Math.max(freely, size * mostExpansion);
  let total = 0;
  try {
    for await (const piece of plain as AsyncIterable<Uint8Array>) {
      total += piece.length;
      if (total > most)
        throw new ModelkeepError("limit_exceeded", `${what} of ${size} bytes unpacks to more than ${most}`);
      yield piece;
    }
    await fed;
  } catch (cause) {
    if (isModelkeepError(cause)) throw cause;
    throw new ModelkeepError("malformed", `${what} can't be decompressed: ${(cause as Error).message}`, { cause });
  } finally {
    plain.destroy();
  }
}

function zstd(what: string): NodeJS.ReadWriteStream & { destroy(): void } {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => ReturnType<typeof zlib.createGunzip> };
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw new ModelkeepError(
    "unsupported",
    `${what} is compressed with zstd, which Node ${process.versions.node} can't read: use Node 22.15 or later`,
  );
}
