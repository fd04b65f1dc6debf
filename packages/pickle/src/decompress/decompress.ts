import { beyondLimit, malformed, truncated } from "../errors.js";
import type { Memory } from "../input.js";
import { type Deadline, expansionFloor, type ResolvedLimits } from "../limits.js";
import { latin1 } from "../literals.js";
import { decompressBzip2 } from "./bzip2.js";
import { inflate } from "./inflate.js";
import { decompressLz4 } from "./lz4.js";
import { decompressLzma } from "./lzma.js";
import { Output } from "./output.js";
import { decompressXz } from "./xz.js";

/** How a pickle is packed, as the first bytes of the file tell. */
export type Compression = "zlib" | "gzip" | "bz2" | "xz" | "lzma" | "lz4" | "zfile";

/** joblib 0.9's own container: "ZF", the length in 19 characters, a zlib stream. */
const zfileHeader = 21;

/** By its first bytes; undefined when it is not compressed. */
export function compressionOf(head: Uint8Array): Compression | undefined {
  const [a, b, c, d] = head;
  if (a === 0x1f && b === 0x8b) return "gzip";
  if (a === 0x78 && b !== undefined && ((a << 8) | b) % 31 === 0) return "zlib";
  if (a === 0x42 && b === 0x5a && c === 0x68 && d !== undefined && d >= 0x31 && d <= 0x39) return "bz2";
  if (a === 0xfd && b === 0x37 && c === 0x7a && d === 0x58) return "xz";
  if (a === 0x5d && b === 0 && c === 0) return "lzma";
  if (a === 0x04 && b === 0x22 && c === 0x4d && d === 0x18) return "lz4";
  if (a === 0x5a && b === 0x46 && c === 0x30 && d === 0x78) return "zfile";
  return undefined;
}

/** What a compressed file holds, and how many of its bytes that took. */
export function decompress(
  memory: Memory,
  compression: Compression,
  limits: ResolvedLimits,
  deadline: Deadline,
): { readonly memory: Memory; readonly used: number } {
  if (memory.byteLength > 2 ** 32 - 2) throw beyondLimit("Compressed files of more than 4 GiB are not read");
  const bytes = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
  const limit = Math.min(limits.bytes, Math.max(expansionFloor, bytes.length * limits.expansion));
  if (compression === "zlib" || compression === "gzip") return inflated(bytes, compression, limit);
  if (compression === "zfile") return unpackZfile(bytes, limit);
  const output = new Output(limit, deadline);
  const decoder = { bz2: decompressBzip2, xz: decompressXz, lzma: decompressLzma, lz4: decompressLz4 }[compression];
  const used = decoder(bytes, output);
  return { memory: output.written(), used };
}

function inflated(bytes: Uint8Array, form: "zlib" | "gzip" | "raw", limit: number): { memory: Memory; used: number } {
  const result = inflate(bytes, form, Math.min(limit, 2 ** 32 - 2));
  if (result.failure === undefined) return { memory: result.bytes, used: result.used };
  if (result.failure === "limit")
    throw beyondLimit(`The file expands to more than the ${limit} bytes that are allowed (limits.expansion)`);
  if (result.failure === "truncated") throw truncated(`The ${form} stream ends before its end`);
  throw malformed(`The ${form} stream is damaged (${(result.cause as Error).message})`);
}

function unpackZfile(bytes: Uint8Array, limit: number): { memory: Memory; used: number } {
  if (bytes.length <= zfileHeader) throw truncated("The joblib Z-file ends in its header");
  const length = /^0x([0-9a-f]{1,17})L? *$/.exec(latin1(bytes.subarray(2, zfileHeader)));
  if (length === null) throw malformed("The header of the joblib Z-file has no length");
  // joblib up to 0.8.4 on Python 2 wrote one more space.
  const start = bytes[zfileHeader] === 0x20 ? zfileHeader + 1 : zfileHeader;
  const { memory, used } = inflated(bytes.subarray(start), "zlib", limit);
  if (Number.parseInt(length[1] as string, 16) !== memory.byteLength)
    throw malformed(`The joblib Z-file announces another length than the ${memory.byteLength} bytes it holds`);
  return { memory, used: used + start };
}
