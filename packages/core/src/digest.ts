import { createSha256 } from "#sha256";

import { ModelkeepError } from "./errors.js";

/** `sha256:` and 64 lower-case hexadecimal digits: the one form in which digests are written. */
export type Digest = `sha256:${string}`;

const form = /^sha256:[0-9a-f]{64}$/;

/** Whether this is `sha256:` and 64 lower-case hexadecimal digits. */
export function isDigest(value: unknown): value is Digest {
  return typeof value === "string" && form.test(value);
}

/** The digest a string stands for, or `invalid_digest`. */
export function parseDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new ModelkeepError(
    "invalid_digest",
    `A digest is "sha256:" and 64 lower-case hexadecimal digits, not ${quote(text)}`,
  );
}

/** The 64 hexadecimal digits. */
export function digestHex(digest: Digest): string {
  return digest.slice("sha256:".length);
}

/** Takes bytes piece by piece. A piece may be reused by its owner as soon as `update` returns. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** Ends it: no `update` may follow. */
  digest(): Digest;
}

/** A SHA-256 that is fed piece by piece, for bytes that do not lie in memory together (FIPS 180-4). */
export function createHasher(): Hasher {
  const hash = createSha256();
  return { update: (bytes) => hash.update(bytes), digest: () => `sha256:${hash.hex()}` };
}

/** The SHA-256 of these bytes, as `sha256:` and 64 lower-case hexadecimal digits. */
export function digestOf(bytes: Uint8Array): Digest {
  const hasher = createHasher();
  hasher.update(bytes);
  return hasher.digest();
}

function quote(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
}
