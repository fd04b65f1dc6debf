import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";
import * as z from "zod";

import {
  contentDigest,
  digestOf,
  packEnvelope,
  serializeManifest,
  tensorElements,
  tensorsFromJson,
  tensorsToJson,
} from "../src/index.js";
import { manifestSchema, parseManifest } from "../src/manifest.js";
import { makeEnvelope } from "./make-envelope.js";

const page = readFileSync(new URL("../../../spec/envelope.md", import.meta.url), "utf8");
const bytesOf = (text: string) => new TextEncoder().encode(text);

/** The block of the page with this word after its language. */
function example(word: string): Uint8Array {
  const [, block] = new RegExp(`^\`\`\`json ${word}\\n(.*?)^\`\`\`$`, "msu").exec(page)!;
  return bytesOf(block!);
}

describe("spec/envelope.md", () => {
  it("has a manifest that is valid, true and written as the library writes it", () => {
    const bytes = example("manifest");
    const manifest = parseManifest(bytes);
    expect(manifest.payloads[0]!.digest).toBe(digestOf(bytesOf("hello")));
    expect(manifest.content).toBe(contentDigest(manifest.payloads));
    expect(new TextDecoder().decode(serializeManifest(manifest))).toBe(new TextDecoder().decode(bytes));
  });

  it("has tensors that are read and written like that", () => {
    const bytes = example("tensors");
    const tensors = tensorsFromJson(bytes);
    expect(tensorElements(tensors.get("x")!)).toEqual([1, 0.5, -0, Number.NaN]);
    expect(new TextDecoder().decode(tensorsToJson(tensors))).toBe(new TextDecoder().decode(bytes));
  });

  it("describes the bytes of a package", async () => {
    const envelope = await makeEnvelope([{ path: "model.bin", bytes: bytesOf("hello") }]);
    const pieces: Uint8Array[] = [];
    for await (const piece of packEnvelope(envelope)) pieces.push(piece);
    const [, , header] = pieces;
    const view = new DataView(header!.buffer);
    expect(view.getUint16(6, true)).toBe(1 << 11);
    expect(view.getUint16(30 + "model.bin".length, true)).toBe(0xa11e);
    expect(view.getUint16(34 + "model.bin".length, true)).toBe(64);
    expect(pieces.slice(0, 3).reduce((sum, piece) => sum + piece.length, 0) % 64).toBe(0);
  });
});

describe("spec/envelope.schema.json", () => {
  it("is the schema of the code", async () => {
    const schema = z.toJSONSchema(manifestSchema, { unrepresentable: "any", io: "input" });
    const named = { title: "Modelkeep envelope manifest, format modelkeep.envelope/1", ...schema };
    await expect(`${JSON.stringify(named, null, 2)}\n`).toMatchFileSnapshot("../../../spec/envelope.schema.json");
  });
});
