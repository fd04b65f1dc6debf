import { compressionOf } from "./decompress/decompress.js";

/** Whether a file begins like a pickle: "maybe" for protocols 0 and 1, which begin like any text. */
export function looksPickled(head: Uint8Array): "yes" | "maybe" | "no" {
  const [first, second] = head;
  if (first === undefined) return "no";
  // PROTO and a number; then a frame, or any opcode that may come first.
  if (first === 0x80) return second !== undefined && second >= 2 && second <= 5 ? "yes" : "no";
  if (compressionOf(head) !== undefined) return compressionOf(head) === "zfile" ? "yes" : "maybe";
  // Names of protocol 0: "cmodule\nname\n" and "(imodule\nname\n".
  const text = String.fromCharCode(...head.subarray(0, 200));
  if (/^\(?[ci][\w.]+\n[\w.]+\n/.test(text)) return "yes";
  return /^[(\]})IFSVNLcl]/.test(text) && !/^[[({]\s*["\d[{]/.test(text) ? "maybe" : "no";
}
