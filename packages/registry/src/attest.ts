import {
  attest,
  type Attestation,
  attestationsOf,
  checkAttestation,
  nameEnvelopeOf,
  openNameStatement,
  parsePrivateKey,
  type PrivateKey,
} from "@modelkeep/attest";
import {
  type AttestationFile,
  createHasher,
  type Envelope,
  isModelkeepError,
  type JsonObject,
  type Manifest,
  ModelkeepError,
  type Progress,
} from "@modelkeep/core";

import { namesOf } from "./attested.js";
import { change, type Context, existing, writer } from "./context.js";
import { afterEntry } from "./log.js";
import { openReference } from "./open.js";
import type { AttestationRecord, ModelRecord } from "./record.js";
import { placedProposal } from "./proposals.js";
import { Upload } from "./upload.js";

/** What goes into the attestation beside the key's own name. */
export interface AttestOptions {
  /** In PEM: the certificate of the key, then those that lead to a root. */
  readonly certificates?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In bytes of payloads, which are all read and verified first. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** An attestation that came with an envelope and was not taken over. */
export interface LeftAttestation {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** Vouches for a version: every byte is read and compared first. The same key again changes nothing. */
export async function attestVersion(
  context: Context,
  reference: string,
  key: PrivateKey | string,
  options: AttestOptions = {},
): Promise<AttestationRecord> {
  writer(context);
  const parsed = typeof key === "string" ? parsePrivateKey(key) : key;
  const { record, version, envelope } = await openReference(context, reference, options.signal);
  await readAll(envelope, options);
  const made = attest(envelope, parsed, { name: record.name, certificates: options.certificates });
  return keep(context, record.name, version.version, made, options.signal);
}

/** Takes over what others attested of an envelope, as far as it holds for this model; says what was left. */
export async function carryAttestations(
  context: Context,
  record: ModelRecord,
  version: number,
  { manifest, attestations }: { readonly manifest: Manifest; readonly attestations: readonly AttestationFile[] },
  signal?: AbortSignal,
): Promise<LeftAttestation[]> {
  const left: LeftAttestation[] = [];
  // A version that was there with the same files may have another manifest: then what attests the new one is left.
  const subject = { manifest, digest: record.versions.get(version)!.manifest };
  for (const { path, ...attestation } of attestationsOf(attestations)) {
    try {
      checkAttestation(attestation, subject, namesOf(record));
    } catch (error) {
      if (!isModelkeepError(error)) throw error;
      left.push({ path, code: error.code, message: error.message });
      continue;
    }
    await keep(context, record.name, version, attestation, signal);
  }
  return left;
}

async function keep(
  context: Context,
  name: string,
  version: number,
  attestation: Attestation,
  signal?: AbortSignal,
): Promise<AttestationRecord> {
  const statement = nameEnvelopeOf(attestation.name!);
  const { keyId } = openNameStatement(statement).key;
  const find = (record: ModelRecord) => record.versions.get(version)!.attestations.find((each) => each.keyId === keyId);
  let record = await existing(context, name, signal);
  const known = find(record);
  if (known !== undefined) return known;

  const upload = new Upload(context, { signal });
  try {
    const bundle = upload.addAttestation(record.name, attestation.files);
    await upload.beforeAppend();
    const proposed = { version, statement, bundle } as unknown as JsonObject;
    record = await change(
      context,
      name,
      (now) =>
        find(now) === undefined
          ? { kind: "attested", critical: true, change: proposed, placement: upload.placement }
          : undefined,
      { signal },
    );
    // As for a version: nobody is told that it is there before it is known to stay.
    const written = `${name}@${version} is attested, but not all bytes of the attestation could be looked at again. Attest it again: what is there is noticed`;
    await afterEntry(written, async () => {
      while (find(record)!.bundle === bundle && (await upload.confirm()))
        record = await change(context, name, () => placedProposal(version, upload.placement), { signal });
    });
    return find(record)!;
  } finally {
    await upload.end();
  }
}

/** Reads every byte, which verifies it. Where chunks have digests of their own, both lists must describe the same bytes. */
async function readAll(envelope: Envelope, { signal, progress }: AttestOptions): Promise<void> {
  const { payloads } = envelope.manifest;
  const total = payloads.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  for (const { path, digest, chunks } of payloads) {
    const hasher = chunks === undefined ? undefined : createHasher();
    for await (const bytes of envelope.payload(path)!.stream({ signal })) {
      hasher?.update(bytes);
      done += bytes.length;
      progress?.({ done, total });
    }
    if (hasher !== undefined && hasher.digest() !== digest)
      throw new ModelkeepError(
        "digest_mismatch",
        `The chunks of ${JSON.stringify(path)} are not those of the whole: its manifest contradicts itself`,
        { details: { path } },
      );
  }
}
