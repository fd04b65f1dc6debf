import { createHash, verify } from "node:crypto";
import { readFileSync } from "node:fs";

import { expect, it } from "vitest";

import { type EntryBody, readEntry, writeEntry } from "../src/entry.js";
import { foldAll } from "../src/fold.js";
import { knownKinds } from "../src/rules.js";

const page = readFileSync(new URL("../../../spec/registry-log.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```json entry ?(\S*)\n([\s\S]*?)^```$/gmu)].map(([, digest, text]) => ({
  digest,
  bytes: new TextEncoder().encode(text),
}));

it("the specification's entries have the digests that it says, and fold", () => {
  expect(examples).toHaveLength(4);
  const entries = examples.map(({ bytes }, index) => readEntry(bytes, `example ${index + 1}`));
  expect(entries[0]!.digest).toBe(examples[0]!.digest);
  for (const [index, { body, placement, signed }] of entries.entries())
    expect(writeEntry(unsigned(body), placement, signed && (() => body.attestation!)).bytes).toEqual(
      examples[index]!.bytes,
    );
  const record = foldAll("lines", entries);
  expect(record).toMatchObject({ length: 4, voids: [] });
  expect(record.aliases.get("production")).toMatchObject({ version: 1 });
  expect(record.ring?.signers.size).toBe(1);
  expect(record.versions.get(1)?.tags).toMatchObject({ stage: "reviewed" });
});

it("the specification's attestation goes on from them, and counts", () => {
  const attestations = readFileSync(new URL("../../../spec/attestations.md", import.meta.url), "utf8");
  const [, text] = /^```json entry\n([\s\S]*?)^```$/mu.exec(attestations)!;
  const texts = [...examples.slice(0, 2).map(({ bytes }) => bytes), new TextEncoder().encode(text)];
  const record = foldAll(
    "lines",
    texts.map((bytes, index) => readEntry(bytes, `example ${index + 1}`)),
  );
  expect(record.voids).toEqual([]);
  expect(record.versions.get(1)!.attestations).toMatchObject([{ name: "lines", algorithm: "ed25519" }]);
});

/** Taken word for word, a reader of the specification verifies the examples with nothing but a hash and a key. */
it("the specification's attestations are of the bytes that it says", () => {
  const { change } = readEntry(examples[2]!.bytes, "example 3").body;
  const [{ key }] = change["add"] as unknown as [{ readonly key: string }];
  for (const { bytes } of examples.slice(2)) {
    const body = new TextDecoder().decode(bytes).split("\n")[0]!.slice(8, -1);
    const [, text, keyId, value] = /^(.*),"attestation":\{"keyId":"(.*)","value":"(.*)"\}\}$/u.exec(body)!;
    const signed = `${text!}}`;
    const payload = `DSSEv1 40 application/vnd.modelkeep.log-entry+json ${Buffer.byteLength(signed)} ${signed}`;
    expect(createHash("sha256").update(key).digest("hex")).toBe(keyId);
    expect(verify(null, Buffer.from(payload), key, Buffer.from(value!, "base64"))).toBe(true);
  }
});

function unsigned(body: EntryBody): EntryBody {
  const { attestation: _, ...rest } = body;
  return rest;
}

it("the specification names every kind, and no other", () => {
  const table = page.slice(page.indexOf("| kind | critical |"));
  const kinds = [...table.matchAll(/^\| `([a-z_]+)` \|/gmu)].map(([, kind]) => kind);
  expect(new Set(kinds)).toEqual(knownKinds);
});
