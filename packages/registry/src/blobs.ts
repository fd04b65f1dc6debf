import type { Digest, Encoding, ObjectInfo, Store } from "@modelkeep/core";

import { blobPrefix, condemnedPrefix, condemnedTarget } from "./keys.js";

/** Keys that some collection is about to delete. Nearly always none, then this is one empty listing. */
export async function condemnedKeys(store: Store): Promise<ReadonlySet<string>> {
  const keys = new Set<string>();
  for await (const { key } of store.list(condemnedPrefix)) keys.add(condemnedTarget(key));
  return keys;
}

/** What lies there with this digest, kept in this way. */
export async function blobsOf(store: Store, digest: Digest, encoding: Encoding | undefined): Promise<ObjectInfo[]> {
  const found: ObjectInfo[] = [];
  for await (const info of store.list(blobPrefix(digest))) if (encodingOfKey(info.key) === encoding) found.push(info);
  return found;
}

/** Whether it lies in a storage class that it was moved to: it may have to be thawed, or cost something, before it is read. */
export function isMoved({ supports }: Store, { storageClass }: ObjectInfo): boolean {
  return storageClass !== undefined && storageClass !== (supports.storageClasses?.[0] ?? storageClass);
}

/** How a blob's bytes are kept: the end of its key says so. */
export function encodingOfKey(key: string): Encoding | undefined {
  if (key.endsWith(".gzip")) return "gzip";
  return key.endsWith(".deflate") ? "deflate" : undefined;
}

export function withEncoding(id: string, encoding: Encoding | undefined): string {
  return encoding === undefined ? id : `${id}.${encoding}`;
}

/** Runs the work for each item, at most `width` at a time. */
export async function eachOf<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      results[index] = await work(items[index]!, index);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  return results;
}
