import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as zlib from "node:zlib";

import { isModelkeepError } from "@modelkeep/core";

import { expect, test } from "vitest";

import { planOci, runImport } from "../src/index.js";
import { newRegistry, vectorFolder } from "./registry.js";

const folder = vectorFolder("oci");
const { vectors } = JSON.parse(readFileSync(join(folder, "index.json"), "utf8")) as {
  readonly vectors: readonly { readonly name: string; readonly outcome: string; readonly why: string }[];
};

/** Node reads Zstandard from 22.15 and 23.8 on. */
const readsZstd = "createZstdDecompress" in zlib;

test.for(vectors)("$name: $why", async ({ name, outcome }) => {
  const expected = name === "zstd" && !readsZstd ? "unsupported" : outcome;
  expect(await outcomeOf(join(folder, `${name}.tar`))).toBe(expected);
});

/** The code that the plan is refused with, or else the import. */
async function outcomeOf(layout: string): Promise<string> {
  const registry = await newRegistry();
  try {
    const plan = await planOci(layout);
    const [planned] = plan.versions;
    const { versions } = await runImport(registry, plan);
    if (versions[0]?.outcome === "saved") return "accepted";
    // The report has sentences only: what the files say when they are read is the code.
    for (const { open } of planned?.files ?? []) for await (const _ of open!());
    return versions[0]?.notes.join(" ") ?? "nothing";
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
    return error.code;
  }
}
