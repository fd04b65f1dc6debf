import { readdirSync, readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { isModelkeepError } from "../src/index.js";
import { parseManifest } from "../src/manifest.js";

const folder = new URL("../../../vectors/manifest/", import.meta.url);
const index = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as {
  file: string;
  code: string;
  why: string;
}[];

const intact = Object.getOwnPropertyDescriptors(Object.prototype);

function outcome(bytes: Uint8Array): string {
  try {
    parseManifest(bytes);
    return "ok";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

describe("hostile manifests", () => {
  it.each(index)("$file: $why", ({ file, code }) => {
    const bytes = readFileSync(new URL(file, folder));
    const started = performance.now();
    expect(outcome(bytes)).toBe(code);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(Object.getOwnPropertyDescriptors(Object.prototype)).toEqual(intact);
  });

  it("are those that the generator writes, and all of them", async () => {
    const { vectors } = (await import(new URL("generate.mjs", folder).href)) as {
      vectors: Record<string, [Uint8Array | string, string, string]>;
    };
    const files = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "index.json");
    expect(files.toSorted()).toEqual(index.map((each) => each.file).toSorted());
    for (const [name, [text]] of Object.entries(vectors))
      expect(Buffer.compare(Buffer.from(text as string), readFileSync(new URL(`${name}.json`, folder))), name).toBe(0);
  });
});
