import { readFileSync } from "node:fs";

import type { CodecVector } from "../codec-vectors.js";

interface Index {
  readonly vectors: readonly (Omit<CodecVector, "files"> & { readonly files: readonly string[] })[];
}

/** Vectors for `vectorSuite` from a folder whose URL ends in "/": `index.json` lists them, with the names of their files beside it. */
export function readVectors(folder: URL): readonly CodecVector[] {
  const { vectors } = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as Index;
  return vectors.map(({ files, ...vector }) => ({
    ...vector,
    files: files.map((path) => ({ path, bytes: new Uint8Array(readFileSync(new URL(path, folder))) })),
  }));
}
