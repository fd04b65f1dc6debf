import {
  type Digest,
  encoded,
  isModelkeepError,
  ModelkeepError,
  type Payload,
  type Progress,
  type Store,
  verifiedPayload,
} from "@modelkeep/core";

import { archivedKey, archiveOfKey, claimArchive, type Place, placeOf } from "./archives.js";
import { blobsOf, condemnedKeys, eachOf, encodingOfKey, isMoved, withEncoding } from "./blobs.js";
import { type Context, plain, writer } from "./context.js";
import { openVersion } from "./envelope.js";
import type { Placement } from "./entry.js";
import { blobKey } from "./keys.js";
import { takeLease } from "./lease.js";
import { append, hint, type Proposal } from "./log.js";
import type { ModelRecord, VersionRecord } from "./record.js";
import { ulid } from "./ulid.js";

/** Why files are moved, and who is told how far it is. */
export interface MoveOptions {
  readonly reason?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In bytes. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** Where files go: an archive, a storage class of the registry's store, or back to where new versions lie. */
export interface Target {
  readonly archive?: string | undefined;
  readonly storageClass?: string | undefined;
}

/** A payload of a version: its digest is known. */
type Placed = Payload & { readonly digest: Digest };

interface Moving {
  readonly payload: Placed;
  /** What is given up once the new place is sure. */
  readonly before: readonly string[];
  key: string;
}

/** An archive by its name, or a storage class that the store has. */
export function targetOf({ store, archives }: Pick<Context, "store" | "archives">, to: string): Target {
  if (archives?.has(to) === true) return { archive: to };
  if (store.supports.storageClasses?.includes(to) === true) return { storageClass: to };
  const known = [...(archives?.keys() ?? []), ...(store.supports.storageClasses ?? [])].join(", ");
  throw new ModelkeepError(
    "not_found",
    `[${store.name}] ${JSON.stringify(to)} is neither an archive that is open nor a storage class of the store; there are: ${known || "none"}`,
    { details: { to } },
  );
}

/**
 * Moves the files of a version: puts them again under new keys, reads them back, names the new places in the history, looks
 * once more whether they are there, and only then gives the old places up. What is cut off is gone on with by the next call.
 * `also` are changes that belong to the same entry as the last step.
 */
export async function moveFiles(
  context: Context,
  record: ModelRecord,
  version: VersionRecord,
  target: Target,
  { reason, signal, progress }: MoveOptions = {},
  also: readonly Omit<Proposal, "placement">[] = [],
): Promise<ModelRecord> {
  const actor = writer(context);
  const storage = target.archive ?? target.storageClass;
  const store = target.archive === undefined ? context.store : await claimArchive(context, target.archive);
  const envelope = await openVersion(context, record.name, version, signal);
  const payloads = new Map<Digest, Placed>(
    envelope.manifest.payloads.map(({ digest, path }) => [digest, envelope.payload(path) as Placed] as const),
  );
  const lease = await takeLease(context, [...payloads.keys()]);
  try {
    const condemned = await condemnedKeys(context.store);
    let done = 0;
    const moving = await eachOf([...payloads], 4, async ([digest, payload]): Promise<Moving> => {
      const before = version.placement.get(digest) ?? [];
      const key =
        (await alreadyThere(store, target, payload, before, condemned)) ??
        (await send(context, store, target, payload, before, signal));
      progress?.({ done: (done += payload.size) });
      return { payload, before: before.filter((each) => each !== key), key };
    });
    const keep = () => Object.fromEntries(moving.map(({ payload, key }) => [payload.digest, [key]])) as Placement;
    let after = record;
    do
      ({ record: after } = await append(
        context,
        after,
        actor,
        (now) => (placed(now, version.version, moving) ? undefined : placedProposal(version.version, keep())),
        signal,
      ));
    while (await sendAgain(context, store, target, moving, signal));

    const moved = await append(
      context,
      after,
      actor,
      (now) => movedProposal(now, version.version, moving, storage, reason, also),
      signal,
    );
    context.logs.keep(moved.record);
    await hint(context, record.name);
    return moved.record;
  } finally {
    await lease.release();
  }
}

/** Bytes that an earlier move brought there: markers were looked at before, as for every key that is used again. */
async function alreadyThere(
  store: Store,
  { archive, storageClass }: Target,
  payload: Placed,
  before: readonly string[],
  condemned: ReadonlySet<string>,
): Promise<string | undefined> {
  const encoding = before.length === 0 ? undefined : encodingOfKey(before.at(-1)!);
  for (const info of await blobsOf(store, payload.digest, encoding)) {
    const key = keyOf(archive, info.key);
    const inPlace = storageClass === undefined ? !isMoved(store, info) : info.storageClass === storageClass;
    const fits = archive !== undefined || inPlace;
    if (!fits || condemned.has(key) || !(await reads(payload, { store, key: info.key }))) continue;
    return key;
  }
  return undefined;
}

async function send(
  { clock }: Context,
  store: Store,
  { archive, storageClass }: Target,
  payload: Placed,
  before: readonly string[],
  signal: AbortSignal | undefined,
): Promise<string> {
  const encoding = before.length === 0 ? undefined : encodingOfKey(before.at(-1)!);
  const key = blobKey(payload.digest, withEncoding(ulid(clock()), encoding));
  const open = () => payload.stream(signal === undefined ? {} : { signal });
  const body = encoding === undefined ? open : encoded(open, encoding);
  await store.put(key, body, {
    ...(encoding === undefined && { size: payload.size }),
    ...(storageClass !== undefined && { storageClass }),
    ...(signal && { signal }),
  });
  if (!(await reads(payload, { store, key })))
    throw new ModelkeepError("io_error", `[${store.name}] ${key} does not come back as it was written: try again`);
  return keyOf(archive, key);
}

/** Reads what was put, down to its digest. What a storage class lets nobody read at once is held to its size. */
async function reads({ path, role, mediaType, size, digest }: Placed, { store, key }: Place): Promise<boolean> {
  const encoding = encodingOfKey(key);
  const facts = { path, role, mediaType, size, digest, ...(encoding !== undefined && { encoding }) };
  const info = await store.head(key);
  if (info === undefined || (encoding === undefined && info.size !== size)) return false;
  try {
    for await (const _ of verifiedPayload(facts, () => store.get(key)).stream());
    return true;
  } catch (error) {
    if (isModelkeepError(error, "archived")) return true;
    if (["not_found", "digest_mismatch", "size_mismatch"].some((code) => isModelkeepError(error, code))) return false;
    throw error;
  }
}

/** Looks at the markers and then at the keys, as a save does before it is acknowledged; true if anything was sent anew. */
async function sendAgain(
  context: Context,
  store: Store,
  target: Target,
  moving: readonly Moving[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const condemned = await condemnedKeys(context.store);
  const sent = await eachOf(moving, 16, async (each) => {
    const place = placeOf(context, each.key);
    const there = place !== undefined && (await place.store.head(place.key)) !== undefined;
    if (there && !condemned.has(each.key)) return false;
    each.key = await send(context, store, target, each.payload, each.before, signal);
    return true;
  });
  return sent.includes(true);
}

function placed(record: ModelRecord, version: number, moving: readonly Moving[]): boolean {
  const places = living(record, version).placement;
  return moving.every(({ payload, key }) => places.get(payload.digest)?.includes(key) === true);
}

function placedProposal(version: number, placement: Placement): Proposal {
  return { kind: "placed", critical: true, change: { version }, placement };
}

function movedProposal(
  record: ModelRecord,
  version: number,
  moving: readonly Moving[],
  storage: string | undefined,
  reason: string | undefined,
  also: readonly Omit<Proposal, "placement">[],
): Proposal {
  const { placement } = living(record, version);
  if (!placed(record, version, moving))
    throw new ModelkeepError("conflict", `${record.name}@${version}: somebody else is moving its files too`);
  const given = moving.flatMap(({ payload, before, key }) => {
    const left = before.filter((each) => each !== key && placement.get(payload.digest)?.includes(each) === true);
    return left.length === 0 ? [] : [[payload.digest, left] as const];
  });
  const change = plain({ version, storage: storage ?? null, reason });
  const moved = { kind: "moved", critical: true, change };
  const changes = [...also, moved];
  if (changes.length === 1) return { ...moved, placement: Object.fromEntries(given) as Placement };
  return {
    kind: "batch",
    critical: true,
    change: { changes },
    placement: Object.fromEntries(given) as Placement,
  };
}

function living(record: ModelRecord, version: number): VersionRecord {
  const found = record.versions.get(version);
  if (found === undefined || found.status === "deleted")
    throw new ModelkeepError("conflict", `${record.name}@${version} was deleted meanwhile`);
  return found;
}

function keyOf(archive: string | undefined, key: string): string {
  return archive === undefined ? key : archivedKey(archive, key);
}

/** Whether all files of a version lie where the target says. */
export function isThere(version: VersionRecord, { archive, storageClass }: Target): boolean {
  if (version.storage !== (archive ?? storageClass)) return false;
  return version.payloads.every(
    ({ digest }) => version.placement.get(digest)?.every((key) => archiveOfKey(key) === archive) === true,
  );
}
