import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { readEntry, writeEntry } from "../src/entry.js";
import { foldAll } from "../src/fold.js";
import { knownKinds } from "../src/rules.js";

const page = readFileSync(new URL("../../../spec/registry-log.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```json entry ?(\S*)\n([\s\S]*?)^```$/gmu)].map(([, digest, text]) => ({
  digest,
  bytes: new TextEncoder().encode(text),
}));

it("the specification's entries have the digests that it says, and fold", () => {
  expect(examples).toHaveLength(2);
  const entries = examples.map(({ bytes }, index) => readEntry(bytes, `example ${index + 1}`));
  expect(entries[0]!.digest).toBe(examples[0]!.digest);
  for (const [index, { body, placement }] of entries.entries())
    expect(writeEntry(body, placement).bytes).toEqual(examples[index]!.bytes);
  const record = foldAll("lines", entries);
  expect(record).toMatchObject({ length: 2, voids: [] });
  expect(record.aliases.get("production")).toMatchObject({ version: 1 });
});

it("the specification's attestation goes on from them, and counts", () => {
  const attestations = readFileSync(new URL("../../../spec/attestations.md", import.meta.url), "utf8");
  const [, text] = /^```json entry\n([\s\S]*?)^```$/mu.exec(attestations)!;
  const texts = [...examples.map(({ bytes }) => bytes), new TextEncoder().encode(text)];
  const record = foldAll(
    "lines",
    texts.map((bytes, index) => readEntry(bytes, `example ${index + 1}`)),
  );
  expect(record.voids).toEqual([]);
  expect(record.versions.get(1)!.attestations).toMatchObject([{ name: "lines", algorithm: "ed25519" }]);
});

it("the specification names every kind, and no other", () => {
  const table = page.slice(page.indexOf("| kind | critical |"));
  const kinds = [...table.matchAll(/^\| `([a-z_]+)` \|/gmu)].map(([, kind]) => kind);
  expect(new Set(kinds)).toEqual(knownKinds);
});
