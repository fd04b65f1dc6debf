import { readFileSync } from "node:fs";

import { type CodecVector, runSuite, vectorSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { ggufCodec } from "../src/index.js";

const folder = new URL("../../../vectors/gguf/", import.meta.url);
const index = JSON.parse(readFileSync(new URL("index.json", folder), "utf8")) as {
  readonly vectors: readonly (Omit<CodecVector, "files"> & { readonly files: readonly string[] })[];
};
const vectors = index.vectors.map(({ files, ...vector }) => ({
  ...vector,
  files: files.map((path) => ({ path, bytes: new Uint8Array(readFileSync(new URL(path, folder))) })),
}));

runSuite(vectorSuite(ggufCodec(), vectors), { describe, test }, { name: "vectors" });
