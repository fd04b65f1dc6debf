import { describe, expect, it } from "vitest";

import { digestOf } from "./digest.js";
import { chunkSize, chunkThreshold } from "./limits.js";
import { measurePayload } from "./measure.js";
import { memorySource } from "./memory-payload.js";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("measurePayload", () => {
  it("measures a small payload without chunks", async () => {
    const bytes = new TextEncoder().encode("hello");
    expect(await measurePayload(memorySource("a.txt", bytes, { mediaType: "text/plain", role: "attachment" }))).toEqual(
      {
        path: "a.txt",
        role: "attachment",
        mediaType: "text/plain",
        size: 5,
        digest: digestOf(bytes),
      },
    );
  });

  it("lists chunk digests from 64 MiB on, whatever the pieces that bytes come in", async () => {
    const bytes = new Uint8Array(chunkThreshold + 5).map((_, index) => index % 253);
    const digests = [0, 1, 2, 3, 4].map((at) => digestOf(bytes.subarray(at * chunkSize, (at + 1) * chunkSize)));
    for (const piece of [bytes.length, 7_000_003]) {
      const entry = await measurePayload({
        path: "big",
        async *open() {
          for (let at = 0; at < bytes.length; at += piece) yield bytes.subarray(at, at + piece);
        },
      });
      expect(entry).toMatchObject({
        size: bytes.length,
        digest: digestOf(bytes),
        chunks: { size: chunkSize, digests },
      });
    }
    const below = await measurePayload({
      path: "below",
      open: async function* () {
        yield bytes.subarray(0, chunkThreshold - 1);
      },
    });
    expect(below.chunks).toBeUndefined();
  });

  it("holds a source to the size it promised", async () => {
    const source = memorySource("a", new Uint8Array(10));
    await expect(measurePayload({ ...source, size: 9 })).rejects.toThrow(code("size_mismatch"));
    await expect(measurePayload({ ...source, size: 11 })).rejects.toThrow(code("size_mismatch"));
    await expect(measurePayload({ ...source, path: "../a" })).rejects.toThrow(code("invalid_path"));
  });

  it("tells progress and stops on a signal", async () => {
    const seen: unknown[] = [];
    await measurePayload(memorySource("a", new Uint8Array(10)), { progress: (each) => seen.push(each) });
    expect(seen).toEqual([{ done: 10, total: 10 }]);
    await expect(
      measurePayload(memorySource("a", new Uint8Array(10)), { signal: AbortSignal.abort() }),
    ).rejects.toThrow(code("aborted"));
  });
});
