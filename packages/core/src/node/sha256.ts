import { createHash } from "node:crypto";

/** One `update` of node:crypto takes less than 2 GiB. */
const most = 1 << 30;

export function createSha256(): { update(bytes: Uint8Array): void; hex(): string } {
  const hash = createHash("sha256");
  return {
    update(bytes) {
      for (let start = 0; start < bytes.length; start += most) hash.update(bytes.subarray(start, start + most));
    },
    hex: () => hash.digest("hex"),
  };
}
