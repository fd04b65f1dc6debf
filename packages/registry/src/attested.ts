import {
  type Attestable,
  attestationFiles,
  type Attested,
  checkAttestation,
  checkTrust,
  nameBundleOf,
  type Trust,
  verifyAttestation,
} from "@modelkeep/attest";
import { type AttestationFile, attestationLimit, isModelkeepError, ModelkeepError } from "@modelkeep/core";

import type { Context } from "./context.js";
import type { Actor } from "./entry.js";
import { readDocument } from "./read-document.js";
import type { AttestationRecord, ModelRecord, VersionRecord } from "./record.js";

/** Whose attestations count in a registry. */
export interface AttestedBy extends Omit<Trust, "at"> {
  /** When certificates must have been valid. Default: now; "attested" takes the time that the history gives. */
  readonly at?: Date | "attested" | undefined;
}

/** What became of one attestation. */
export interface AttestationResult extends Attested {
  /** Whether somebody who is trusted made it, of exactly these files, under this name. */
  readonly ok: boolean;
  /** Of what is wrong. */
  readonly code?: string | undefined;
  readonly message?: string | undefined;
  readonly time: string;
  /** Who registered it; who made it is what the key says. */
  readonly actor: Actor;
}

interface Subject {
  readonly record: Pick<ModelRecord, "name" | "formerNames">;
  readonly version: VersionRecord;
  readonly envelope: Attestable;
}

/** Every attestation of a version, held to its files, its name and the trust. */
export async function verifyAttestations(
  context: Pick<Context, "store" | "clock">,
  subject: Subject,
  by: AttestedBy,
  signal?: AbortSignal,
): Promise<AttestationResult[]> {
  checkTrust(by as Trust);
  const { record, version, envelope } = subject;
  return Promise.all(
    version.attestations.map(async (each) => {
      const { keyId, algorithm, time, actor } = each;
      const at = by.at === "attested" ? new Date(time) : (by.at ?? context.clock());
      try {
        const attestation = await readAttestation(context, record.name, version, each, signal);
        const found = verifyAttestation(attestation, envelope, { ...by, at, name: namesOf(record) });
        return { ok: true, ...found, time, actor };
      } catch (error) {
        if (!isModelkeepError(error) || error.code === "aborted" || error.code === "io_error") throw error;
        return { ok: false, keyId, algorithm, time, actor, code: error.code, message: error.message };
      }
    }),
  );
}

/** `attestation_missing` unless somebody who is trusted vouches for the version. */
export async function requireAttestation(
  context: Pick<Context, "store" | "clock">,
  subject: Subject,
  by: AttestedBy,
  signal?: AbortSignal,
): Promise<void> {
  const results = await verifyAttestations(context, subject, by, signal);
  if (results.some(({ ok }) => ok)) return;
  const reference = `${subject.record.name}@${subject.version.version}`;
  const why = results.map(({ message }) => message).join("; ");
  throw new ModelkeepError(
    "attestation_missing",
    `Nobody who is trusted vouches for ${reference}${why === "" ? ": it has no attestation" : `. ${why}`}`,
    { details: { reference, results } },
  );
}

/** Whether what the store keeps of an attestation is what was kept, whoever made it. */
export async function checkAttested(
  context: Pick<Context, "store">,
  subject: Subject,
  attestation: AttestationRecord,
  signal?: AbortSignal,
): Promise<void> {
  const { record, version, envelope } = subject;
  const read = await readAttestation(context, record.name, version, attestation, signal);
  checkAttestation(read, envelope, namesOf(record));
}

/** Attestations of a version as files beside its envelope. */
export async function attestationFilesOf(
  context: Pick<Context, "store">,
  name: string,
  version: VersionRecord,
  signal?: AbortSignal,
): Promise<AttestationFile[]> {
  const all = version.attestations.map((each) => readAttestation(context, name, version, each, signal));
  return (await Promise.all(all)).flatMap(attestationFiles);
}

/** The names that an attestation may be bound to. */
export function namesOf({ name, formerNames }: Pick<ModelRecord, "name" | "formerNames">): string[] {
  return [name, ...formerNames];
}

async function readAttestation(
  context: Pick<Context, "store">,
  name: string,
  version: VersionRecord,
  { bundle, keyId, statement }: AttestationRecord,
  signal?: AbortSignal,
) {
  const what = `The attestation of ${name}@${version.version} by the key ${keyId}`;
  const files = await readDocument(context, version, bundle, { what, most: attestationLimit, signal });
  return { files, name: nameBundleOf(statement, files) };
}
