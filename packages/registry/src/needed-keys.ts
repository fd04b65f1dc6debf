import { placeOf } from "./archives.js";
import type { Context } from "./context.js";
import type { VersionRecord } from "./record.js";

/** A time so far ahead of the store's is a fault of a clock, and keeps nothing. */
const ahead = 24 * 60 * 60 * 1000;

/** By the store's clock, in milliseconds. */
export interface Recent {
  readonly after: number;
  readonly now: number;
}

/**
 * Adds the keys that a version needs: every place of its bytes, or of a deleted one its manifest and attestations. What was
 * given up or deleted after `after` is left to those who may still be reading it. Places that were given up stay needed where
 * no other has the bytes.
 */
export async function addNeededKeys(
  keys: Set<string>,
  context: Pick<Context, "store" | "archives">,
  version: VersionRecord,
  { after, now }: Recent,
): Promise<void> {
  const { placement, manifest, deletion } = version;
  const recent = (time: string) => Date.parse(time) > after && Date.parse(time) <= now + ahead;
  if (version.status === "deleted" && !(deletion !== undefined && recent(deletion.storeTime ?? deletion.time))) {
    for (const digest of [manifest, ...version.attestations.map(({ bundle }) => bundle)])
      for (const key of placement.get(digest) ?? []) keys.add(key);
    return;
  }
  for (const places of placement.values()) for (const key of places) keys.add(key);
  for (const [digest, places] of version.former) {
    const lost = !(await isThere(context, placement.get(digest) ?? []));
    for (const { time, key } of places) if (lost || recent(time)) keys.add(key);
  }
}

/** Whether one of the places has something. An archive that is not open counts as none. */
async function isThere(context: Pick<Context, "store" | "archives">, keys: readonly string[]): Promise<boolean> {
  for (const key of keys) {
    const place = placeOf(context, key);
    if (place !== undefined && (await place.store.head(place.key)) !== undefined) return true;
  }
  return false;
}
