import { describe, expect, it } from "vitest";

import { createHasher, digestOf, type Digest } from "./digest.js";
import { encoded, type Encoding } from "./encoding.js";
import { collect } from "./memory-payload.js";
import type { StoredObject } from "./store.js";
import { verifyStored } from "./verified-chunks.js";
import { type PayloadFacts, verifiedPayload } from "./verified-payload.js";

const plain = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 251);

function factsOf(bytes: Uint8Array, chunk?: number, encoding?: Encoding): PayloadFacts {
  const starts =
    chunk === undefined ? [] : Array.from({ length: Math.ceil(bytes.length / chunk) }, (_, at) => at * chunk);
  const digests = starts.map((at) => digestOf(bytes.subarray(at, at + chunk!)));
  return {
    path: "weights.bin",
    role: "model",
    mediaType: "application/octet-stream",
    size: bytes.length,
    digest: digestOf(bytes),
    ...(encoding !== undefined && { encoding }),
    ...(chunk !== undefined && { chunks: { size: chunk, digests } }),
  };
}

/** A stored object that delivers in odd pieces and keeps a list of what was read. */
function stored(bytes: Uint8Array, reads: [number, number][] = []): StoredObject {
  return {
    info: { key: "blob", size: bytes.length, modified: new Date(0) },
    async *stream() {
      for (let at = 0; at < bytes.length; at += 77) yield bytes.slice(at, at + 77);
    },
    async readInto(target, { offset = 0, progress } = {}) {
      reads.push([offset, target.length]);
      const part = bytes.subarray(offset, offset + target.length);
      target.set(part);
      progress?.(Math.floor(part.length / 2));
      progress?.(part.length);
      return part.length;
    },
  };
}

async function compressed(bytes: Uint8Array, encoding: Encoding | undefined): Promise<Uint8Array> {
  if (encoding === undefined) return bytes;
  return collect(
    encoded(async function* () {
      yield bytes;
    }, encoding)(),
  );
}

const changed = (bytes: Uint8Array, at: number) => bytes.with(at, bytes[at]! ^ 1);
const code = (expected: string) => expect.objectContaining({ code: expected });

describe.each([
  ["whole", undefined, undefined],
  ["chunked", 64, undefined],
  ["chunked evenly", 250, undefined],
  ["deflated", undefined, "deflate"],
  ["gzipped and chunked", 64, "gzip"],
] as const)("a %s payload", (_, chunk, encoding) => {
  const facts = factsOf(plain, chunk, encoding);

  it("gives its bytes in every way", async () => {
    const kept = await compressed(plain, encoding);
    const payload = verifiedPayload(facts, async () => stored(kept));
    expect(new Uint8Array(await payload.buffer())).toEqual(plain);
    expect(await payload.bytes()).toEqual(plain);
    expect(await collect(payload.stream())).toEqual(plain);
    for (const [start, end] of [
      [0, 0],
      [0, 1],
      [63, 65],
      [64, 128],
      [100, 700],
      [990, 5000],
      [1000, 1001],
      [0, 1000],
    ] as const)
      expect(await payload.range(start, end)).toEqual(plain.slice(start, end));
    await verifyStored(facts, stored(kept));
  });

  it("is an error when the bytes are others, in every way", async () => {
    const kept = await compressed(changed(plain, 500), encoding);
    const payload = verifiedPayload(facts, async () => stored(kept));
    for (const read of [
      () => payload.buffer(),
      () => payload.bytes(),
      () => payload.range(500, 501),
      () => collect(payload.stream()),
      () => verifyStored(facts, stored(kept)),
    ])
      await expect(read()).rejects.toThrow(code("digest_mismatch"));
  });

  it("releases no byte of a bad chunk", async () => {
    const payload = verifiedPayload(facts, async () => stored(await compressed(changed(plain, 500), encoding)));
    let seen = 0;
    await expect(
      (async () => {
        for await (const bytes of payload.stream()) seen += bytes.length;
      })(),
    ).rejects.toThrow(code("digest_mismatch"));
    expect(seen).toBe(chunk === undefined ? 0 : Math.floor(500 / chunk) * chunk);
  });

  it("is an error when it is longer, shorter or missing", async () => {
    for (const wrong of [plain.subarray(0, 999), new Uint8Array([...plain, 0]), new Uint8Array(0)]) {
      const kept = await compressed(wrong, encoding);
      const payload = verifiedPayload(facts, async () => stored(kept));
      await expect(payload.bytes()).rejects.toThrow(code("size_mismatch"));
      await expect(collect(payload.stream())).rejects.toThrow(code("size_mismatch"));
      await expect(verifyStored(facts, stored(kept))).rejects.toThrow(code("size_mismatch"));
    }
    await expect(verifiedPayload(facts, async () => undefined).bytes()).rejects.toThrow(code("not_found"));
  });

  it("stops when the caller's signal fires", async () => {
    const kept = await compressed(plain, encoding);
    const payload = verifiedPayload(facts, async () => stored(kept));
    const signal = AbortSignal.abort();
    await expect(payload.bytes({ signal })).rejects.toThrow(code("aborted"));
    await expect(payload.range(0, 1, { signal })).rejects.toThrow(code("aborted"));
  });
});

describe("verifiedPayload", () => {
  it("reads only the chunks that a range touches, and each of them once", async () => {
    const reads: [number, number][] = [];
    const payload = verifiedPayload(factsOf(plain, 64), async () => stored(plain, reads));
    await payload.range(130, 140);
    await payload.range(140, 200);
    expect(reads).toEqual([
      [128, 64],
      [192, 64],
    ]);
  });

  it("gives a range that the caller may write to", async () => {
    const payload = verifiedPayload(factsOf(plain, 64), async () => stored(plain));
    (await payload.range(0, 10)).fill(0);
    expect(await payload.range(0, 10)).toEqual(plain.slice(0, 10));
  });

  it("tells a good range of a payload that is bad elsewhere from a bad one", async () => {
    const payload = verifiedPayload(factsOf(plain, 64), async () => stored(changed(plain, 500)));
    expect(await payload.range(0, 64)).toEqual(plain.slice(0, 64));
    await expect(payload.range(440, 460)).rejects.toThrow(code("digest_mismatch"));
  });

  it("holds an empty payload", async () => {
    const payload = verifiedPayload(factsOf(new Uint8Array(0)), async () => stored(new Uint8Array(0)));
    expect(await payload.bytes()).toEqual(new Uint8Array(0));
    expect(await payload.range(0, 5)).toEqual(new Uint8Array(0));
    expect(await collect(payload.stream())).toEqual(new Uint8Array(0));
    const lying = { ...factsOf(new Uint8Array(0)), digest: createHasherDigest() };
    await expect(verifiedPayload(lying, async () => stored(new Uint8Array(0))).bytes()).rejects.toThrow(
      code("digest_mismatch"),
    );
  });

  it("allocates nothing for a size that the stored bytes cannot have", async () => {
    for (const encoding of [undefined, "gzip", "deflate"] as const) {
      const facts = { ...factsOf(plain, undefined, encoding), size: 2 ** 50 };
      const payload = verifiedPayload(facts, async () => stored(plain));
      await expect(payload.buffer()).rejects.toThrow(code("size_mismatch"));
    }
  });

  it("stops inflating at the announced size", async () => {
    const zeros = await compressed(new Uint8Array(50_000_000), "deflate");
    const facts = { ...factsOf(new Uint8Array(1000), undefined, "deflate") };
    await expect(verifiedPayload(facts, async () => stored(zeros)).bytes()).rejects.toThrow(code("size_mismatch"));
  });

  it("calls broken, cut and continued compressed bytes malformed", async () => {
    for (const encoding of ["gzip", "deflate"] as const) {
      const good = await compressed(plain, encoding);
      const facts = factsOf(plain, undefined, encoding);
      for (const bad of [good.subarray(0, good.length - 1), new Uint8Array([...good, 1, 2, 3]), good.with(0, 0xff)]) {
        await expect(verifiedPayload(facts, async () => stored(bad)).bytes()).rejects.toThrow(code("malformed"));
      }
    }
  });

  it("lets an error of the store through", async () => {
    const broken = Object.assign(new Error("disk"), { code: "EIO" });
    const object: StoredObject = {
      ...stored(plain),
      // oxlint-disable-next-line require-yield
      async *stream() {
        throw broken;
      },
      readInto: () => Promise.reject(broken),
    };
    await expect(verifiedPayload(factsOf(plain), async () => object).bytes()).rejects.toBe(broken);
    await expect(verifiedPayload(factsOf(plain, 64, "gzip"), async () => object).bytes()).rejects.toBe(broken);
  });
});

function createHasherDigest(): Digest {
  const hasher = createHasher();
  hasher.update(plain);
  return hasher.digest();
}
