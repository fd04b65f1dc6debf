import * as zlib from "node:zlib";

import { ModelkeepError } from "@modelkeep/core";

import { unpacked, type Unpacker } from "../unpacked.js";
import type { LayerForm } from "./media-types.js";

/** What compressed weights never reach, and bombs do: this many times their size, beyond the first bytes. */
const mostExpansion = 200;
const freely = 64 << 20;

/** The tar archive of a layer, of at most 200 times the layer's size (64 MiB are always allowed). */
export function decompressed(
  bytes: AsyncIterable<Uint8Array>,
  form: LayerForm,
  { size, what }: { readonly size: number; readonly what: string },
): AsyncIterable<Uint8Array> {
  if (form === "tar" || form === "raw") return bytes;
  const engine = form === "tar+gzip" ? zlib.createGunzip() : zstd(what);
  // Its own digest is right: it was made like this.
  return unpacked(bytes, engine, { what, most: Math.max(freely, size * mostExpansion), cut: "malformed" });
}

function zstd(what: string): Unpacker {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: () => Unpacker };
  if (createZstdDecompress !== undefined) return createZstdDecompress();
  throw new ModelkeepError(
    "unsupported",
    `${what} is compressed with zstd, which Node ${process.versions.node} can't read: use Node 22.15 or later`,
  );
}
