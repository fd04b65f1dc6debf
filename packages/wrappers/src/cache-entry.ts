import { createHash } from "node:crypto";

import type { ObjectInfo } from "@modelkeep/core";

/*
 * A file of the cache: the object's bytes, the SHA-256 of each piece of them, the facts as JSON, the SHA-256 of pieces' digests
 * and facts, the facts' size, and a mark. All that is not the bytes stands at the end, so that a file is written in one pass.
 */

export const pieceSize = 1 << 20;
export const digestSize = 32;
const mark = Buffer.from("mkcache1");
export const tailSize = digestSize + 4 + mark.length;

/** What the cache knows of an object. */
export interface CachedFacts {
  readonly key: string;
  readonly size: number;
  /** Milliseconds, by the store's clock. */
  readonly modified: number;
  readonly storageClass?: string | undefined;
}

export function factsOf({ key, size, modified, storageClass }: ObjectInfo): CachedFacts {
  return { key, size, modified: modified.getTime(), storageClass };
}

export function infoOf({ modified, storageClass, ...facts }: CachedFacts): ObjectInfo {
  return { ...facts, modified: new Date(modified), ...(storageClass !== undefined && { storageClass }) };
}

export function piecesOf(size: number): number {
  return Math.ceil(size / pieceSize);
}

/** What stands after the bytes. */
export function writeFooter(facts: CachedFacts, digests: readonly Uint8Array[]): Uint8Array {
  const text = Buffer.from(JSON.stringify(facts));
  const known = Buffer.concat([...digests, text]);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(text.length);
  return new Uint8Array(Buffer.concat([known, sha256(known), size, mark]));
}

/** How long the footer of a file is, from its last `tailSize` bytes; `undefined` when it is none of the cache. */
export function footerSizeOf(tail: Buffer, fileSize: number): number | undefined {
  if (tail.length < tailSize || !tail.subarray(-mark.length).equals(mark)) return undefined;
  const text = tail.readUInt32LE(digestSize);
  // Of bytes and footer only the footer has digests: their number follows from what is left.
  const rest = fileSize - tailSize - text;
  if (rest < 0 || text > 65_536) return undefined;
  const pieces = Math.ceil(rest / (pieceSize + digestSize));
  return pieces * digestSize + text + tailSize;
}

/** The facts and the digests of the pieces, or `undefined` where anything is not as it was written. */
export function readFooter(
  footer: Buffer,
  fileSize: number,
): { readonly facts: CachedFacts; readonly digests: Buffer } | undefined {
  const tail = footer.subarray(-tailSize);
  const known = footer.subarray(0, -tailSize);
  if (!tail.subarray(0, digestSize).equals(sha256(known))) return undefined;
  const at = known.length - tail.readUInt32LE(digestSize);
  const facts = JSON.parse(known.toString("utf8", at)) as CachedFacts;
  const digests = known.subarray(0, at);
  const whole = fileSize === facts.size + footer.length && digests.length === piecesOf(facts.size) * digestSize;
  return whole ? { facts, digests } : undefined;
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash("sha256").update(bytes).digest();
}
