import { type Manifest, ModelkeepError } from "@modelkeep/core";

import { batchOf, placedProposal } from "./proposals.js";
import { condemnedKeys } from "./blobs.js";
import { type Context, followed, plain, writer } from "./context.js";
import { requireModel } from "./deletion.js";
import type { Placement } from "./entry.js";
import { policyProposal } from "./gates.js";
import { afterEntry, append, hint, type Proposal } from "./log.js";
import { findReservation, type Reservation, reserveName } from "./names.js";
import type { Origin } from "./origin.js";
import type { ModelRecord, VersionRecord } from "./record.js";
import { payloadSummaries, summaryOf } from "./summary.js";
import { ringProposal } from "./signers.js";
import type { Upload } from "./upload.js";

export interface Registration {
  readonly manifest: Manifest;
  readonly manifestBytes: Uint8Array;
  readonly labels?: readonly string[] | undefined;
  readonly aliases?: readonly string[] | undefined;
  readonly again?: boolean | undefined;
  /** Where it was copied from. */
  readonly origin?: Origin | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Registered {
  readonly record: ModelRecord;
  readonly version: VersionRecord;
  readonly existing: boolean;
}

/** A hint that is older than this when its entry is written is given again: in milliseconds, far less than indexes allow for. */
const hintLead = 5000;

/** The record under which a version of this name will be registered. A new name is free until then. */
export async function recordForSave(context: Context, name: string, signal?: AbortSignal): Promise<ModelRecord> {
  writer(context);
  const record = await followed(context, name, signal);
  requireModel(record);
  if (record.length > 0) return record;
  return takenOver(context, record, await findReservation(context.store, name), signal);
}

/** A name that a rename has reserved has that model's history, which may still have to be brought over. */
async function takenOver(
  context: Context,
  record: ModelRecord,
  reservation: Reservation | undefined,
  signal?: AbortSignal,
): Promise<ModelRecord> {
  if (reservation?.renamedFrom === undefined) return record;
  const { name, renamedFrom } = reservation;
  const { finishRename } = await import("./rename.js");
  const renamed = await finishRename(context, await context.logs.current(renamedFrom, signal));
  if (renamed.name === name) return renamed;
  throw new ModelkeepError(
    "conflict",
    `A rename of ${JSON.stringify(renamedFrom)} took the name ${JSON.stringify(name)}, and gave way to another: choose another name`,
  );
}

/**
 * Writes the entry for an envelope whose payloads `upload` has brought into the store, then looks again whether all of
 * them are still there, before it is acknowledged.
 */
export async function register(
  context: Context,
  start: ModelRecord,
  upload: Upload,
  registration: Registration,
): Promise<Registered> {
  const { manifest, manifestBytes, signal } = registration;
  const actor = writer(context);
  const digest = upload.addManifest(start.name, manifestBytes);
  // Beside the files, since it may go ahead of the entry; but not by as much as a long upload takes.
  const begun = context.clock().getTime();
  let hinted = hintBeside(context, start.name);
  await upload.beforeAppend();
  if (context.clock().getTime() - begun > hintLead) {
    await hinted;
    hinted = hintBeside(context, start.name);
  }
  const same = (record: ModelRecord) => (registration.again === true ? undefined : versionOf(record, manifest));

  const appended = await append(
    context,
    start,
    actor,
    async (record) => {
      const found = same(record);
      if (found !== undefined && (await hasManifest(context, found))) return undefined;
      return versionProposal(context, record, digest, registration, upload.placement);
    },
    signal,
    start.length > 0
      ? undefined
      : async () => {
          // A rename that came first has begun the log: this entry then goes after it.
          await takenOver(context, start, await reserveName(context.store, { name: start.name }), signal);
        },
  );
  const existing = appended.entry === undefined;
  if (existing) upload.dropManifest();
  let { record } = appended;
  const number = existing ? same(record)!.version : record.versions.size;

  // A version that was there is looked at like a new one: it must have the data before anybody is told that it is there.
  const written = `${record.name}@${number} is written, but not all of its bytes could be looked at again. Save it again: what is there is noticed`;
  const place = (record: ModelRecord) =>
    // Who deleted it meanwhile did so after it was there.
    isDeleted(record, number) ? undefined : placedProposal(number, upload.placement);
  await afterEntry(written, async () => {
    for (let missing = existing ? lacks(record.versions.get(number)!, upload.placement) : false; ; missing = true) {
      if (missing) ({ record } = await append(context, record, actor, place, signal));
      if (isDeleted(record, number) || !(await upload.confirm())) break;
    }
  });
  await hinted;
  context.logs.keep(record);
  upload.acknowledged();
  return { record, version: record.versions.get(number)!, existing };
}

/** Its failure shows where it is waited for. */
function hintBeside(context: Context, name: string): Promise<void> {
  const hinted = hint(context, name);
  hinted.catch(() => undefined);
  return hinted;
}

/** A version that holds the same files, whatever the dates and words of its manifest. */
function versionOf(record: ModelRecord, { content }: Manifest): VersionRecord | undefined {
  let found: VersionRecord | undefined;
  for (const version of record.versions.values())
    if (version.content === content && version.status !== "deleted") found = version;
  return found;
}

function isDeleted(record: ModelRecord, version: number): boolean {
  return record.versions.get(version)!.status === "deleted";
}

/** Whether the manifest is there and stays there: markers are looked at first, as for every key that is used again. */
async function hasManifest({ store }: Context, version: VersionRecord): Promise<boolean> {
  const condemned = await condemnedKeys(store);
  for (const key of version.placement.get(version.manifest) ?? [])
    if (!condemned.has(key) && (await store.head(key)) !== undefined) return true;
  return false;
}

function lacks(version: VersionRecord, placement: Placement): boolean {
  return version.payloads.some(({ digest }) => {
    const known = version.placement.get(digest) ?? [];
    return placement[digest]?.some((key) => !known.includes(key)) ?? true;
  });
}

function versionProposal(
  { policies, signers }: Context,
  record: ModelRecord,
  digest: string,
  { manifest, labels, aliases = [], origin }: Registration,
  placement: Placement,
): Proposal {
  const version = record.versions.size + 1;
  const change = plain({
    version,
    manifest: digest,
    content: manifest.content,
    labels: labels === undefined || labels.length === 0 ? undefined : [...labels],
    tags: manifest.tags,
    description: manifest.description,
    origin,
    summary: summaryOf(manifest),
    payloads: payloadSummaries(manifest),
  });
  const first = { kind: "version", critical: true, change };
  // A model is held by its signers and policies from its first entry on: no alias is moved before.
  const own = signers === undefined ? [] : [ringProposal(signers)];
  const rules = [...own, ...[...policies].map(([alias, policy]) => policyProposal(alias, policy))];
  const held = record.length > 0 ? [] : rules;
  const moves = aliases.map((alias) => ({ kind: "alias", critical: true, change: { alias, version, action: "set" } }));
  return { ...batchOf([first, ...held, ...moves]), placement };
}
