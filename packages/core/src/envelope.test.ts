import { createHash } from "node:crypto";

import { describe, expect, it } from "vitest";

import { compareCodePoints } from "./code-points.js";
import { digestOf } from "./digest.js";
import { contentDigest } from "./content-digest.js";
import { payloadSet } from "./envelope.js";
import { checkManifest, type Manifest, parseManifest } from "./manifest.js";
import { memoryPayloads } from "./memory-payload.js";
import { serializeManifest } from "./serialize-manifest.js";

const text = (value: string) => new TextEncoder().encode(value);
const a = digestOf(text("a"));
const b = digestOf(text("b"));

function manifest(more: object = {}): Manifest {
  return checkManifest({
    format: "modelkeep.envelope/1",
    created: "2024-03-03T10:00:00Z",
    representations: [{ name: "json", codec: "json", payloads: ["model.json"] }],
    payloads: [{ path: "model.json", role: "model", mediaType: "application/json", size: 1, digest: a }],
    content: contentDigest([{ path: "model.json", digest: a }]),
    ...more,
  });
}

describe("contentDigest", () => {
  it("is the digest of the lines that sha256sum prints, in code-point order", () => {
    const pairs = [
      { path: "\u{1f600}", digest: a },
      { path: "\uff5a", digest: b },
      { path: "a/b", digest: b },
    ];
    const lines = `${b.slice(7)}  a/b\n${b.slice(7)}  \uff5a\n${a.slice(7)}  \u{1f600}\n`;
    expect(contentDigest(pairs)).toBe(`sha256:${createHash("sha256").update(lines).digest("hex")}`);
    expect(contentDigest(pairs.toReversed())).toBe(contentDigest(pairs));
  });

  it("changes with a path and with a digest", () => {
    const digests = [
      contentDigest([{ path: "x", digest: a }]),
      contentDigest([{ path: "y", digest: a }]),
      contentDigest([{ path: "x", digest: b }]),
      contentDigest([]),
    ];
    expect(new Set(digests).size).toBe(4);
  });
});

describe("compareCodePoints", () => {
  it("orders as UTF-8 bytes do", () => {
    const samples = [
      "",
      "a",
      "ab",
      "b",
      "\u00e9",
      "\uffee",
      "\ue000",
      "\u{10000}",
      "\u{10ffff}",
      "a\u{10000}",
      "a\uffee",
    ];
    const sorted = samples.toSorted(compareCodePoints);
    expect(sorted).toEqual(samples.toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y))));
  });
});

describe("serializeManifest", () => {
  it("gives the same bytes whatever the order of fields, ends in a newline and reads back", () => {
    const one = manifest({ tags: { x: "1", b: "2" }, later: { deep: [1, { z: true }] } });
    const other = Object.fromEntries(Object.entries(one).toReversed()) as Manifest;
    const bytes = serializeManifest(one);
    expect(serializeManifest(other)).toEqual(bytes);
    expect(new TextDecoder().decode(bytes)).toMatch(/^\{\n {2}"format": "modelkeep.envelope\/1",\n[^]*\}\n$/u);
    expect(parseManifest(bytes)).toEqual(one);
  });

  it("refuses what JSON cannot hold", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) {
      expect(() => serializeManifest({ ...manifest(), extra: { bad: bad as never } })).toThrow(
        expect.objectContaining({ code: "invalid_manifest" }),
      );
    }
    const polluting = JSON.parse('{"__proto__": 1}') as Record<string, number>;
    expect(() => serializeManifest({ ...manifest(), metrics: polluting })).toThrow(/__proto__/u);
  });
});

describe("payloadSet", () => {
  it("finds payloads by path and has the first as main", () => {
    const set = memoryPayloads([
      { path: "m", bytes: text("1") },
      { path: "n", bytes: text("2") },
    ]);
    expect(set.main.path).toBe("m");
    expect(set.get("n")?.size).toBe(1);
    expect(set.get("o")).toBeUndefined();
    expect([...set].map((each) => each.path)).toEqual(["m", "n"]);
  });

  it("refuses none and doubles", () => {
    expect(() => payloadSet([])).toThrow(expect.objectContaining({ code: "invalid_input" }));
    expect(() =>
      memoryPayloads([
        { path: "m", bytes: text("1") },
        { path: "m", bytes: text("2") },
      ]),
    ).toThrow(expect.objectContaining({ code: "invalid_path" }));
  });
});
