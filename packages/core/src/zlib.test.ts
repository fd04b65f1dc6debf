import zlib from "node:zlib";

import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { collect } from "./memory-payload.js";
import * as node from "./node/zlib.js";
import * as portable from "./zlib.js";

async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

const both = [
  ["node:zlib", node],
  ["JavaScript", portable],
] as const;
const sample = new TextEncoder().encode("weights, ".repeat(20_000));

describe.each(both)("%s", (_, own) => {
  it("goes on from an earlier CRC-32 when there are no more bytes", () => {
    for (const none of [new Uint8Array(0), new Uint8Array(new ArrayBuffer(0))]) expect(own.crc32(none, 5)).toBe(5);
  });

  it("has zlib's CRC-32, also in parts", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), fc.nat(500), (bytes, at) => {
        const whole = own.crc32(bytes);
        expect(whole).toBe(zlib.crc32(bytes));
        expect(own.crc32(bytes.subarray(at), own.crc32(bytes.subarray(0, at)))).toBe(whole);
      }),
    );
  });

  it.each(both)("reads what %s writes", async (_name, other) => {
    for (const format of ["deflate", "gzip"] as const) {
      for (const level of [1, 6, 9]) {
        const packed = await collect(other.deflate(pieces(sample, 7_000), format, level));
        expect(packed.length).toBeLessThan(sample.length / 50);
        expect(Buffer.compare(await collect(own.inflate(pieces(packed, 100), format)), sample)).toBe(0);
      }
      const bytewise = await collect(other.deflate(pieces(sample.subarray(0, 500), 1), format, 6));
      expect(await collect(own.inflate(pieces(bytewise, 1), format))).toEqual(sample.subarray(0, 500));
    }
  });

  it("fails on what is broken", async () => {
    for (const format of ["deflate", "gzip"] as const) {
      const packed = await collect(node.deflate(pieces(sample, 1 << 20), format, 6));
      const bad = packed.fill(0xff, format === "gzip" ? 10 : 0, 20);
      await expect(collect(own.inflate(pieces(bad, 1000), format)), format).rejects.toThrow(/./u);
    }
  });
});

describe("node:zlib", () => {
  it("fails on what is cut off or continued", async () => {
    for (const format of ["deflate", "gzip"] as const) {
      const packed = await collect(node.deflate(pieces(sample, 1 << 20), format, 6));
      for (const bad of [packed.subarray(0, -1), packed.subarray(0, 3), new Uint8Array([...packed, 1, 2, 3])])
        await expect(collect(node.inflate(pieces(bad, 1000), format)), format).rejects.toThrow(/./u);
    }
  });
});
