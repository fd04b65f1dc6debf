import { createCipheriv, createDecipheriv } from "node:crypto";

import { hkdf } from "./hkdf.js";

/** The payload of an age file: chunks of 64 KiB, each sealed with ChaCha20-Poly1305 (https://age-encryption.org/v1). */
export const chunkSize = 65_536;
export const tagSize = 16;
export const sealedSize = chunkSize + tagSize;
export const nonceSize = 16;

const cipher = "chacha20-poly1305";
const tagged = { authTagLength: tagSize } as const;

/** Chunks of so many plain bytes: nothing is one empty chunk. */
export function chunksOf(size: number): number {
  return Math.max(1, Math.ceil(size / chunkSize));
}

export function sealedSizeOf(size: number): number {
  return size + tagSize * chunksOf(size);
}

/** The plain bytes in so many sealed ones; `undefined` where no payload has this size. */
export function plainSizeOf(sealed: number): number | undefined {
  const chunks = Math.ceil(sealed / sealedSize);
  const last = sealed - (chunks - 1) * sealedSize;
  // Only nothing at all is an empty chunk.
  if (chunks < 1 || last < tagSize || (last === tagSize && chunks > 1)) return undefined;
  return sealed - chunks * tagSize;
}

/** The key of one payload. */
export function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return hkdf(fileKey, nonce, "payload");
}

/** Writes the sealed chunk into `target`, and tells its size. */
export function sealChunk(
  key: Uint8Array,
  index: number,
  last: boolean,
  plain: Uint8Array,
  target: Uint8Array,
  at: number,
): number {
  const sealing = createCipheriv(cipher, key, chunkNonce(index, last), tagged);
  target.set(sealing.update(plain), at);
  sealing.final();
  target.set(sealing.getAuthTag(), at + plain.length);
  return plain.length + tagSize;
}

/** The plain bytes of a chunk, in an array of their own; `undefined` where it is not the chunk that was sealed. */
export function openChunk(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Uint8Array | undefined {
  if (sealed.length < tagSize) return undefined;
  const opening = createDecipheriv(cipher, key, chunkNonce(index, last), tagged);
  opening.setAuthTag(sealed.subarray(-tagSize));
  const plain = opening.update(sealed.subarray(0, -tagSize));
  try {
    opening.final();
  } catch {
    return undefined;
  }
  return plain;
}

/** Eleven bytes that count, big-endian, and one that marks the last chunk. */
function chunkNonce(index: number, last: boolean): Uint8Array {
  const nonce = new Uint8Array(12);
  const view = new DataView(nonce.buffer);
  view.setUint32(3, Math.floor(index / 2 ** 32));
  view.setUint32(7, index % 2 ** 32);
  nonce[11] = last ? 1 : 0;
  return nonce;
}
