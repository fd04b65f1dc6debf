import { sha256 } from "@noble/hashes/sha2.js";

/** SHA-256 where there is no node:crypto: browsers and edge runtimes. */
export function createSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const hash = sha256.create();
  return {
    update: (bytes) => void hash.update(bytes),
    hex: () => Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, "0")).join(""),
  };
}
