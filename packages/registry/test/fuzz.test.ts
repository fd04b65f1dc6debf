import { readFileSync } from "node:fs";

import { collect, openPackage, storedBytes, tensorsFromJson, tensorsToJson } from "@modelkeep/core";
import { parseManifest } from "@modelkeep/core/manifest";
import { memoryStore } from "@modelkeep/store-memory";
import { fuzzDecoder } from "@modelkeep/testkit";
import { expect, test } from "vitest";

import { readEntry } from "../src/entry.js";
import { logKey } from "../src/keys.js";
import { readRoot } from "../src/root.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const vectors = new URL("../../../vectors/", import.meta.url);
const vector = (path: string) => new Uint8Array(readFileSync(new URL(path, vectors)));
const runs = Number(process.env["MODELKEEP_FUZZ_RUNS"] ?? 4000);

/** What this package and core read of strangers, beside models: mutated, each gives a value or a typed error. */
const decoders: readonly {
  readonly name: string;
  readonly seeds: () => Promise<readonly Uint8Array[]> | readonly Uint8Array[];
  readonly decode: (bytes: Uint8Array) => unknown;
}[] = [
  {
    name: "packages, every file of them",
    seeds: () => ["good", "good-deflated", "good-descriptor", "good-folder"].map((name) => vector(`zip/${name}.zip`)),
    async decode(bytes) {
      const envelope = await openPackage(storedBytes(bytes), { limits: { bytes: 1 << 20 } });
      for (const { path } of envelope.manifest.payloads) await envelope.payload(path)!.bytes();
    },
  },
  {
    name: "manifests",
    seeds: () => ["good", "good-unknown-fields", "good-large"].map((name) => vector(`manifest/${name}.json`)),
    decode: parseManifest,
  },
  {
    name: "samples",
    seeds: () => [tensorsToJson(lineInputs(0, -1.5, Number.NaN))],
    decode: tensorsFromJson,
  },
  {
    name: "entries of a history",
    seeds: entries,
    decode: (bytes) => readEntry(bytes, "a mutated entry"),
  },
  {
    name: "the root of a registry",
    seeds: async () => [await bytesAt("registry.json")],
    async decode(bytes) {
      const store = memoryStore();
      await store.put("registry.json", bytes);
      await readRoot(store);
    },
  },
];

const store = memoryStore();
const written = (async () => {
  const registry = await openLines(store);
  await registry.save("lines", { model: new Line(2), samples: { inputs: lineInputs(1) }, aliases: ["candidate"] });
  await registry.promote("lines", 1, { reason: "good" });
})();

async function bytesAt(key: string): Promise<Uint8Array> {
  await written;
  return collect((await store.get(key))!.stream());
}

function entries(): Promise<readonly Uint8Array[]> {
  return Promise.all([1, 2, 3].map((number) => bytesAt(logKey("lines", number))));
}

test.each(decoders)("mutated: $name", { timeout: 600_000 }, async ({ seeds, decode }) => {
  const { refused, accepted } = await fuzzDecoder({ seeds: await seeds(), decode, runs });
  expect([...refused.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(runs / 4);
  expect(accepted + [...refused.values()].reduce((sum, count) => sum + count, 0)).toBe(runs);
});
