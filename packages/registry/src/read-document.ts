import { collect, type Digest, digestOf, ModelkeepError, type StoredObject } from "@modelkeep/core";

import type { Context } from "./context.js";
import type { VersionRecord } from "./record.js";

/** A small object that a version refers to by its digest, and that is kept whole in memory. */
export async function readDocument(
  { store }: Pick<Context, "store">,
  { placement }: Pick<VersionRecord, "placement">,
  digest: Digest,
  { what, most, signal }: { readonly what: string; readonly most: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array> {
  const object = await firstThere({ store }, placement.get(digest) ?? []);
  if (object === undefined) throw new ModelkeepError("not_found", `${what} is missing from the store`);
  if (object.info.size > most) throw new ModelkeepError("limit_exceeded", `${what} has more than ${most} bytes`);
  const bytes = await collect(object.stream(signal === undefined ? {} : { signal }));
  checkDigest(what, digestOf(bytes), digest);
  return bytes;
}

function checkDigest(what: string, found: Digest, expected: Digest): void {
  if (found !== expected)
    throw new ModelkeepError("digest_mismatch", `${what} is ${found}, not ${expected}: its bytes were changed`, {
      details: { found, expected },
    });
}

/** The object under the newest of its keys that is there. */
export async function firstThere(
  { store }: Pick<Context, "store">,
  keys: readonly string[],
): Promise<StoredObject | undefined> {
  for (const key of keys.toReversed()) {
    const object = await store.get(key);
    if (object !== undefined) return object;
  }
  return undefined;
}
