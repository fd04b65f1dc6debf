import { isModelkeepError } from "@modelkeep/core";
import { describe, expect, test } from "vitest";

import { vectorBytes } from "../../test/vectors.js";
import { Deadline, resolveLimits } from "../limits.js";
import { type Compression, compressionOf, decompress } from "./decompress.js";

const files: readonly (readonly [Compression, string])[] = [
  ["bz2", "ridge.joblib.bz2"],
  ["xz", "tree_reg.joblib.xz"],
  ["lzma", "extratrees_reg.joblib.lzma"],
  ["lz4", "gb_clf_multi.joblib.lz4"],
  ["zlib", "odd_values.zlib.joblib"],
  ["gzip", "linreg.pkl.gz"],
];

function run(
  bytes: Uint8Array,
  compression: Compression,
  limit = 2 ** 26,
): { content: Uint8Array; used: number } | string {
  try {
    const { memory, used } = decompress(bytes, compression, resolveLimits({ bytes: limit }), new Deadline(10_000));
    return { content: new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength), used };
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

describe.each(files)("%s", (compression, file) => {
  const bytes = vectorBytes(`good/${file}`);
  const whole = run(bytes, compression) as { content: Uint8Array; used: number };

  test("is told by its first bytes and read to its end", () => {
    expect(compressionOf(bytes)).toBe(compression);
    expect(whole.content.length).toBeGreaterThan(bytes.length);
    expect(whole.used).toBe(bytes.length);
  });

  // Node's gzip refuses what follows it, as Python's does.
  test.skipIf(compression === "gzip")("says how much of a longer input it took", () => {
    const longer = new Uint8Array(bytes.length + 9).fill(0xaa);
    longer.set(bytes);
    expect(run(longer, compression)).toMatchObject({ used: bytes.length });
  });

  test("stops at the limit", () => {
    expect(run(bytes, compression, whole.content.length - 1)).toBe("limit_exceeded");
    expect(run(bytes, compression, whole.content.length)).toEqual(whole);
  });

  test("refuses every cut", () => {
    const step = Math.ceil(bytes.length / 300);
    for (let length = 5; length < bytes.length; length += step)
      expect(["truncated", "malformed"]).toContain(run(bytes.subarray(0, length), compression));
  });

  // .lzma has no checksum, and joblib asks for none in LZ4.
  test.skipIf(compression === "lzma" || compression === "lz4")("refuses changed bytes, or gives the same", () => {
    const step = Math.ceil(bytes.length / 300);
    for (let at = 0; at < bytes.length; at += step) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x10;
      const result = run(changed, compression);
      expect(typeof result === "string" || Buffer.compare(result.content, whole.content) === 0, `byte ${at}`).toBe(
        true,
      );
    }
  });
});
