import { createHasher, digestHex } from "@modelkeep/core";

/** The root of the Merkle tree over leaves in this order, as RFC 6962 hashes it; over none, the SHA-256 of nothing. */
export function merkleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return sha256();
  let level = leaves.map((leaf) => sha256(Uint8Array.of(0), leaf));
  // Pairs from the left, a last one without a partner goes up as it is: the same tree as by splitting at powers of two.
  while (level.length > 1)
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, index) => {
      const [left, right] = [level[2 * index]!, level[2 * index + 1]];
      return right === undefined ? left : sha256(Uint8Array.of(1), left, right);
    });
  return level[0]!;
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hasher = createHasher();
  for (const part of parts) hasher.update(part);
  return Uint8Array.from(digestHex(hasher.digest()).match(/../gu)!, (byte) => Number.parseInt(byte, 16));
}
