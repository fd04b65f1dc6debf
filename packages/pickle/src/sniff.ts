import { compressionOf } from "./decompress/decompress.js";
import { inflateHead } from "./decompress/inflate.js";

/**
 * Whether a file begins like a pickle, by its first bytes. "maybe": it is compressed in a way that is not looked into
 * here, or it is of protocol 0 or 1, which begin like any text.
 */
export function looksPickled(head: Uint8Array): "yes" | "maybe" | "no" {
  const start = uncompressedHead(head);
  if (start === undefined) return compressionOf(head) === "zfile" ? "yes" : "maybe";
  const [first, second] = start;
  if (first === undefined) return "no";
  if (first === 0x80) return second !== undefined && second >= 2 && second <= 5 ? "yes" : "no";
  if (start !== head) return "no";
  const text = String.fromCharCode(...start.subarray(0, 200));
  // Names of protocol 0: "cmodule\nname\n" and "(imodule\nname\n".
  if (/^\(?[ci][\w.]+\n[\w.]+\n/.test(text)) return "yes";
  return /^([(\]})][(\]})lpqdt]|[IFVL]-?\d+\n|S['"])/.test(text) ? "maybe" : "no";
}

/** Whether the first bytes name joblib's arrays. */
export function namesJoblib(head: Uint8Array): boolean {
  const start = uncompressedHead(head) ?? head;
  return new TextDecoder("latin1").decode(start.subarray(0, 16_384)).includes("joblib.numpy_pickle");
}

/** The first bytes behind zlib and gzip; undefined behind what is not looked into. */
function uncompressedHead(head: Uint8Array): Uint8Array | undefined {
  const compression = compressionOf(head);
  if (compression === undefined) return head;
  return compression === "zlib" || compression === "gzip" ? inflateHead(head, compression) : undefined;
}
