import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { isModelkeepError, openPackage, storedBytes } from "../src/index.js";
import { unpackEnvelope } from "../src/node/index.js";
import { filesOf } from "./make-envelope.js";

const folder = new URL("../../../vectors/zip/", import.meta.url);
const index = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as {
  file: string;
  code: string;
  why: string;
}[];

const intact = Object.getOwnPropertyDescriptors(Object.prototype);

async function outcome(bytes: Uint8Array): Promise<string> {
  try {
    await filesOf(await openPackage(storedBytes(bytes), { limits: { bytes: 1 << 20 } }));
    return "ok";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

describe("hostile packages", () => {
  it.each(index)("$file: $why", async ({ file, code }) => {
    const bytes = readFileSync(new URL(file, folder));
    const started = performance.now();
    expect(await outcome(bytes)).toBe(code);
    expect(performance.now() - started).toBeLessThan(2000);
    expect(Object.getOwnPropertyDescriptors(Object.prototype)).toEqual(intact);
  });

  it("leave nothing in the folder that they are unpacked to", async () => {
    const parent = mkdtempSync(join(tmpdir(), "modelkeep-hostile-"));
    try {
      for (const { file, code } of index.filter((each) => each.code !== "ok")) {
        const bytes = readFileSync(new URL(file, folder));
        const unpack = async () =>
          unpackEnvelope(await openPackage(storedBytes(bytes), { limits: { bytes: 1 << 20 } }), join(parent, "target"));
        await expect(unpack(), file).rejects.toMatchObject({ code });
        expect(readdirSync(parent), file).toEqual([]);
      }
    } finally {
      rmSync(parent, { recursive: true });
    }
  });

  it("are those that the generator writes, and all of them", async () => {
    const { vectors } = (await import(new URL("generate.mjs", folder).href)) as {
      vectors: Record<string, [Uint8Array, string, string]>;
    };
    expect(
      readdirSync(folder)
        .filter((name) => name.endsWith(".zip"))
        .toSorted(),
    ).toEqual(
      Object.keys(vectors)
        .map((name) => `${name}.zip`)
        .toSorted(),
    );
    for (const [name, [bytes]] of Object.entries(vectors)) {
      // Deflated bytes may differ between versions of zlib; the rest may not.
      const same =
        /deflate|bomb/u.test(name) || Buffer.compare(bytes, readFileSync(new URL(`${name}.zip`, folder))) === 0;
      expect(same, name).toBe(true);
    }
  });
});
