import { collect, type Digest, digestOf, isModelkeepError, ModelkeepError, type StoredObject } from "@modelkeep/core";

import { archiveMissing, archiveOfKey, placeOf } from "./archives.js";
import type { Context } from "./context.js";
import type { VersionRecord } from "./record.js";

/** A small object that a version refers to by its digest, and that is kept whole in memory. */
export async function readDocument(
  context: Pick<Context, "store" | "archives">,
  { placement }: Pick<VersionRecord, "placement">,
  digest: Digest,
  { what, most, signal }: { readonly what: string; readonly most: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const object = await firstThere(context, placement.get(digest) ?? []);
  if (object === undefined) throw new ModelkeepError("not_found", `${what} is missing from the store`);
  if (object.info.size > most) throw new ModelkeepError("limit_exceeded", `${what} has more than ${most} bytes`);
  const bytes = await collect(object.stream({ signal }));
  checkDigest(what, digestOf(bytes), digest);
  return bytes;
}

function checkDigest(what: string, found: Digest, expected: Digest): void {
  if (found !== expected)
    throw new ModelkeepError("digest_mismatch", `${what} is ${found}, not ${expected}: its bytes were changed`, {
      details: { found, expected },
    });
}

/** The newest place that has the bytes and gives them; `archived` if they are only where nothing can be read now. */
export async function firstThere(
  context: Pick<Context, "store" | "archives">,
  keys: readonly string[],
): Promise<StoredObject | undefined> {
  let archived: ModelkeepError | undefined;
  for (const key of keys.toReversed()) {
    try {
      const place = placeOf(context, key);
      if (place === undefined) throw archiveMissing("This file", archiveOfKey(key)!);
      const object = await place.store.get(place.key);
      if (object !== undefined) return object;
    } catch (error) {
      if (!isModelkeepError(error, "archived")) throw error;
      archived ??= error;
    }
  }
  if (archived !== undefined) throw archived;
  return undefined;
}
