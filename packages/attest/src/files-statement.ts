import { compareCodePoints, createHasher, type Digest, digestHex, isJsonObject, type Json } from "@modelkeep/core";

import { digestIn, type JsonObject } from "./dsse.js";
import { fault, malformed } from "./fault.js";

/** What is attested: a manifest with its payloads. An envelope is one. */
export interface Attestable {
  readonly manifest: { readonly payloads: readonly { readonly path: string; readonly digest: Digest }[] };
  /** Of the manifest's bytes. */
  readonly digest: Digest;
}

const predicateType = "https://model_signing/signature/v1.0";
/** What lies beside the files and is not covered: the attestations themselves. */
const beside = "attestations";

/** All files of an envelope with their digests, the manifest among them: OpenSSF Model Signing 1.0. */
export function filesStatement(envelope: Attestable, subject: string): JsonObject {
  const files = [...filesOf(envelope)].toSorted(([a], [b]) => compareCodePoints(a, b));
  const resources = files.map(([name, digest]) => ({ name, algorithm: "sha256", digest: digestHex(digest) }));
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: subject, digest: { sha256: rootOf(files.map(([, digest]) => digest)) } }],
    predicateType,
    predicate: {
      serialization: { method: "files", hash_type: "sha256", allow_symlinks: false, ignore_paths: [beside] },
      resources,
    },
  };
}

/**
 * Whether a statement lists exactly the files of the envelope. Stricter than the reference: nothing may be missing, be there
 * besides, come twice, or be left out by `ignore_paths`. The order is the statement's: the reference does not sort as its
 * specification says.
 */
export function checkFiles(statement: JsonObject, envelope: Attestable): void {
  if (statement["predicateType"] !== predicateType) throw malformed(`is not of the type ${predicateType}`);
  const { predicate } = statement;
  const { serialization, resources } = isJsonObject(predicate) ? predicate : {};
  if (!isJsonObject(serialization) || !Array.isArray(resources)) throw malformed("does not list files");
  if (serialization["method"] !== "files" || serialization["hash_type"] !== "sha256")
    throw malformed("does not list whole files with their SHA-256");
  const listed = readResources(resources);
  if (subjectRoot(statement) !== rootOf(listed.map(([, digest]) => digest)))
    throw malformed("lists other files than its subject stands for");

  const files = filesOf(envelope);
  checkIgnored(serialization["ignore_paths"] ?? [], [...files.keys()]);
  const signed = new Map(listed);
  if (signed.size < listed.length) throw fault("attestation_incomplete", "The attestation lists a file twice");
  const faults = [
    ...[...files.keys()].filter((path) => !signed.has(path)).map((path) => `${quoted(path)} is not attested`),
    ...[...signed]
      .filter(([path]) => !files.has(path))
      .map(([path]) => `${quoted(path)} is attested, but is no file of the envelope`),
    ...[...signed]
      .filter(([path, digest]) => files.has(path) && files.get(path) !== digest)
      .map(([path]) => `${quoted(path)} is attested with another digest`),
  ];
  if (faults.length > 0)
    throw fault(
      "attestation_incomplete",
      `The attestation does not cover this envelope: ${faults.slice(0, 5).join("; ")}`,
      { faults },
    );
}

function filesOf({ manifest, digest }: Attestable): ReadonlyMap<string, Digest> {
  return new Map([["manifest.json", digest], ...manifest.payloads.map((each) => [each.path, each.digest] as const)]);
}

function readResources(resources: readonly Json[]): [name: string, digest: Digest][] {
  return resources.map((each) => {
    const { name, algorithm, digest } = isJsonObject(each) ? each : {};
    const whole = digestIn(digest);
    if (typeof name !== "string" || algorithm !== "sha256" || whole === undefined)
      throw malformed("has a file without its SHA-256");
    return [name, whole];
  });
}

/** A path that is left out must hold no file: what a signer ignores, nobody vouches for. */
function checkIgnored(ignored: Json, files: readonly string[]): void {
  if (!Array.isArray(ignored) || !ignored.every((each) => typeof each === "string"))
    throw malformed("has malformed ignore_paths");
  for (const path of ignored) {
    const folder = path.replace(/\/+$/u, "");
    const left = files.find(
      (file) => folder === "." || folder === "" || file === folder || file.startsWith(`${folder}/`),
    );
    if (left !== undefined)
      throw fault("attestation_incomplete", `The attestation leaves out ${quoted(left)} by its ignore_paths`, { path });
  }
}

function subjectRoot(statement: JsonObject): Json | undefined {
  const { digest } = onlySubject(statement);
  return isJsonObject(digest) ? digest["sha256"] : undefined;
}

export function onlySubject({ subject }: JsonObject): JsonObject {
  const [only] = Array.isArray(subject) && subject.length === 1 ? subject : [];
  if (!isJsonObject(only)) throw malformed("does not have exactly one subject");
  return only;
}

/** SHA-256 over the digests' bytes, one after the other. */
function rootOf(digests: readonly Digest[]): string {
  const hasher = createHasher();
  for (const digest of digests)
    hasher.update(Uint8Array.from(digestHex(digest).match(/../gu)!, (byte) => Number.parseInt(byte, 16)));
  return digestHex(hasher.digest());
}

function quoted(path: string): string {
  return JSON.stringify(path.length > 120 ? `${path.slice(0, 120)}…` : path);
}
