import { type Digest, ModelkeepError } from "@modelkeep/core";

import { archivedKey, archiveOfKey, ownsArchive, placeOf } from "./archives.js";
import { eachOf } from "./blobs.js";
import { type Context, writer } from "./context.js";
import { blobsPrefix, changesPrefix, condemnedKey, condemnedPrefix, condemnedTarget, modelsPrefix } from "./keys.js";
import { readLeases } from "./lease.js";
import { listingsFollow } from "./listings-follow.js";
import { modelNames } from "./models.js";
import { addNeededKeys, type Recent } from "./needed-keys.js";
import type { ModelRecord } from "./record.js";
import { storeTime } from "./store-clock.js";
import { ulid } from "./ulid.js";

/** What `collectGarbage` leaves alone. */
export interface CollectOptions {
  /** Bytes younger than this, or given up later than this, are left alone. Default: what the registry was set up with. Less makes saves that run meanwhile send bytes again; nothing is lost. */
  readonly graceSeconds?: number | undefined;
  /** Only says what would be removed. */
  readonly dryRun?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What `collectGarbage` removed, or would. */
export interface Collected {
  /** Blobs, manifests and attestations that nothing refers to, and that are gone now. */
  readonly removed: number;
  readonly bytes: number;
  /** Candidates that a running save may need, or that an entry has come to refer to meanwhile. */
  readonly spared: number;
  readonly keys: readonly string[];
}

export type CollectContext = Pick<
  Context,
  "store" | "archives" | "logs" | "clock" | "sleep" | "graceSeconds" | "actor" | "readOnly"
>;

interface Candidate {
  readonly key: string;
  readonly size: number;
  readonly modified: Date;
}

const hintsKept = 48 * 60 * 60 * 1000;
/** Where collections ask the store for its time. */
const collectionsPrefix = `${condemnedPrefix}collection/`;

/**
 * Removes what nothing refers to, while others save, move and delete. The order of the steps is what makes it safe; the
 * search over all interleavings in `test/protocols` holds it.
 */
export async function collectGarbage(context: CollectContext, options: CollectOptions = {}): Promise<Collected> {
  writer(context);
  const { store } = context;
  const { signal } = options;
  const collection = ulid(context.clock());
  // The store's own clock, early: what is compared with it is taken for younger than it is, never for older.
  const now = (await storeTime(context)).getTime();
  const grace = (options.graceSeconds ?? context.graceSeconds) * 1000;
  const limit = now - grace;
  const recent = { after: grace === 0 ? Infinity : limit, now };
  const referenced = await references(context, recent, signal);
  const candidates = await unreferenced(context, limit, referenced, signal);
  for (const archive of context.archives?.keys() ?? [])
    candidates.push(...(await unreferencedIn(context, archive, grace, referenced, signal)));
  if (options.dryRun === true) return report(candidates, 0);

  const markers = candidates.map(({ key }) => condemnedKey(key, collection));
  await eachOf(markers, 16, (key) => store.put(key, new Uint8Array()));
  if (
    markers.length > 0 &&
    !(await listingsFollow(context, markers, condemnedKey("collection", `${collection}.listed`)))
  ) {
    await removeMarkers(context, candidates, collection);
    return report([], candidates.length);
  }
  const leases = (await readLeases(store)).filter((lease) => lease.expires.getTime() > now);
  const leased = new Set(leases.flatMap((lease) => [...lease.digests]));
  const oldest = Math.min(...leases.map((lease) => lease.taken.getTime()));
  const again = await references(context, recent, signal);
  // An archive has a clock of its own: whoever moves files there has a lease that names them.
  const young = ({ key, modified }: Candidate) => archiveOfKey(key) === undefined && modified.getTime() >= oldest;
  const doomed = candidates.filter(
    (each) => !again.has(each.key) && !leased.has(digestOfKey(each.key)) && !young(each),
  );
  await eachOf(doomed, 16, async ({ key }) => {
    const place = placeOf(context, key)!;
    await place.store.delete(place.key);
  });
  await removeMarkers(context, candidates, collection);
  await removeLeftovers(context, now);
  return report(doomed, candidates.length - doomed.length);
}

/** Every key that a log refers to now. */
async function references(context: CollectContext, recent: Recent, signal?: AbortSignal): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const name of modelNames(context.store, signal)) {
    const record = await standing(context, name, signal);
    if (record.readOnly !== undefined)
      throw new ModelkeepError(
        "refused",
        `Garbage is not collected: what ${name} refers to is not all known here. ${record.readOnly}`,
      );
    for (const version of record.versions.values()) await addNeededKeys(keys, context, version, recent);
  }
  return keys;
}

/** The record that a name leads to: what a renamed model refers to is said by its newest log, once that has begun. */
async function standing({ logs }: Pick<Context, "logs">, name: string, signal?: AbortSignal): Promise<ModelRecord> {
  let record = await logs.current(name, signal);
  while (record.renamedTo !== undefined) {
    const next = await logs.current(record.renamedTo, signal);
    // An entry that leads to a model which does not take the history over frees nothing.
    if (!next.formerNames.includes(record.name)) return record;
    record = next;
  }
  return record;
}

async function unreferenced(
  { store }: Pick<Context, "store">,
  limit: number,
  referenced: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const prefix of [blobsPrefix, modelsPrefix]) {
    for await (const { key, size, modified } of store.list(prefix, { signal })) {
      const kept = prefix === modelsPrefix && !/\/(?:manifests|attestations)\//u.test(key);
      if (!kept && !referenced.has(key) && modified.getTime() <= limit) found.push({ key, size, modified });
    }
  }
  return found;
}

/** The same in an archive, by its own clock; one that belongs to another registry is left alone. */
async function unreferencedIn(
  context: CollectContext,
  archive: string,
  grace: number,
  referenced: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<Candidate[]> {
  if (!(await ownsArchive(context, archive))) return [];
  const store = context.archives!.get(archive)!;
  const limit = (await storeTime({ store, clock: context.clock })).getTime() - grace;
  const found: Candidate[] = [];
  for await (const { key, size, modified } of store.list(blobsPrefix, { signal })) {
    const named = archivedKey(archive, key);
    if (!referenced.has(named) && modified.getTime() <= limit) found.push({ key: named, size, modified });
  }
  return found;
}

/** Its own markers, and those of collections that were cut off, once their keys are gone. */
async function removeMarkers(
  context: Pick<Context, "store" | "archives">,
  candidates: readonly Candidate[],
  collection: string,
): Promise<void> {
  const { store } = context;
  await eachOf(candidates, 16, ({ key }) => store.delete(condemnedKey(key, collection)));
  for await (const { key } of store.list(condemnedPrefix)) {
    const target = condemnedTarget(key);
    const place = target.includes("/") ? placeOf(context, target) : undefined;
    if (place !== undefined && (await place.store.head(place.key)) === undefined) await store.delete(key);
  }
}

/** Leases that ended long ago, hints that every index has seen or has made up for, and what collections that were cut off left. */
async function removeLeftovers({ store }: Pick<Context, "store">, now: number): Promise<void> {
  for await (const { key, modified } of store.list(collectionsPrefix))
    if (modified.getTime() + hintsKept < now) await store.delete(key);
  for (const lease of await readLeases(store))
    if (lease.expires.getTime() + hintsKept < now) await store.delete(lease.key);
  for await (const { key, modified } of store.list(changesPrefix))
    if (modified.getTime() + hintsKept < now) await store.delete(key);
}

function digestOfKey(key: string): Digest {
  const start = key.indexOf(blobsPrefix) + blobsPrefix.length;
  return `sha256:${key.slice(start, start + 64)}`;
}

function report(removed: readonly Candidate[], spared: number): Collected {
  return {
    removed: removed.length,
    bytes: removed.reduce((sum, { size }) => sum + size, 0),
    spared,
    keys: removed.map(({ key }) => key),
  };
}
