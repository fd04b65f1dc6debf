import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { openNameStatement, verifyAttestation } from "../src/index.js";

const page = readFileSync(new URL("../../../spec/attestations.md", import.meta.url), "utf8");

function example(kind: string): string {
  return new RegExp(`^\`\`\`json ${kind}\n([\\s\\S]*?)^\`\`\`$`, "mu").exec(page)![1]!;
}

interface Files {
  readonly predicate: { readonly resources: readonly { readonly name: string; readonly digest: string }[] };
}

test("the specification's bundle holds its statements, and verifies", () => {
  const bundle = JSON.parse(example("bundle")) as { dsseEnvelope: { payload: string } };
  const files = JSON.parse(example("files-statement")) as Files;
  expect(JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, "base64").toString())).toEqual(files);

  const entry = JSON.parse(example("entry")) as { body: { change: { statement: { payload: string } } } };
  const { statement } = entry.body.change;
  expect(JSON.parse(Buffer.from(statement.payload, "base64").toString())).toEqual(
    JSON.parse(example("name-statement")),
  );

  const { name, manifest, key } = openNameStatement(statement);
  expect(name).toBe("lines");
  const payloads = files.predicate.resources
    .filter(({ name: path }) => path !== "manifest.json")
    .map(({ name: path, digest }) => ({ path, digest: `sha256:${digest}` as const }));
  const attestation = { files: new TextEncoder().encode(example("bundle")) };
  const envelope = { digest: manifest, manifest: { payloads } };
  expect(verifyAttestation(attestation, envelope, { keys: [key.pem], name: null })).toMatchObject({ keyId: key.keyId });
});
