import { compareCodePoints } from "./code-points.js";
import { createHasher, type Digest, digestHex } from "./digest.js";

/**
 * One digest for what the payloads are, whatever the dates and words of the manifest: SHA-256 over one line for each
 * payload, `<64 hexadecimal digits>  <path>\n` in UTF-8, in ascending code-point order of the paths. These are the lines
 * that `sha256sum` prints.
 */
export function contentDigest(payloads: Iterable<{ readonly path: string; readonly digest: Digest }>): Digest {
  const sorted = [...payloads].toSorted((a, b) => compareCodePoints(a.path, b.path));
  const hasher = createHasher();
  const encoder = new TextEncoder();
  for (const { path, digest } of sorted) hasher.update(encoder.encode(`${digestHex(digest)}  ${path}\n`));
  return hasher.digest();
}
