import { readdirSync, readFileSync } from "node:fs";

import { digestOf, isModelkeepError } from "@modelkeep/core";
import { parseManifest } from "@modelkeep/core/manifest";
import { describe, expect, test } from "vitest";

import { type Attestation, verifyAttestation } from "../src/index.js";

interface Vector {
  readonly name: string;
  readonly outcome: string;
  readonly why: string;
  readonly trust: string;
  readonly as: string | null;
  readonly parts: readonly string[];
}

const folder = new URL("../../../vectors/attest/", import.meta.url);
const { at, vectors } = JSON.parse(read("index.json")) as { at: string; vectors: Vector[] };
const manifestBytes = readFileSync(new URL("envelope/manifest.json", folder));
const envelope = { manifest: parseManifest(manifestBytes), digest: digestOf(manifestBytes) };

function read(path: string): string {
  return readFileSync(new URL(path, folder), "utf8");
}

function outcomeOf(vector: Vector): string {
  const part = (name: string) => new Uint8Array(readFileSync(new URL(`${vector.name}.${name}.json`, folder)));
  const attestation: Attestation = {
    files: part("files"),
    ...(vector.parts.includes("name") && { name: part("name") }),
  };
  const pem = read(`trust/${vector.trust}`);
  const trust = pem.includes("CERTIFICATE") ? { roots: pem } : { keys: [pem] };
  try {
    verifyAttestation(attestation, envelope, { ...trust, at: new Date(at), name: vector.as });
    return "ok";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

describe("vectors of attestations", () => {
  test.each(vectors)("$name: $outcome. $why", (vector) => {
    expect(outcomeOf(vector)).toBe(vector.outcome);
  });

  test("every file belongs to one", () => {
    const named = vectors.flatMap(({ name, parts }) => parts.map((part) => `${name}.${part}.json`));
    const there = readdirSync(folder).filter((name) => name.endsWith(".json") && name !== "index.json");
    expect(there.toSorted()).toEqual(named.toSorted());
  });
});
