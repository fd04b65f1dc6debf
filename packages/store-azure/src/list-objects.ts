import {
  checkKey,
  checkPrefix,
  compareCodePoints,
  isModelkeepError,
  ModelkeepError,
  throwIfAborted,
} from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { BlobItem, BlobPrefix } from "@azure/storage-blob";

import type { Connection } from "./connection.js";
import { explain } from "./failure.js";

type Item = ({ kind: "prefix" } & BlobPrefix) | ({ kind: "blob" } & BlobItem);

/** What lies under a prefix, page by page. Objects whose keys no store may have are passed over. */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  throwIfAborted(signal);
  const { root } = connection.settings;
  const container = await connection.container();
  const options = { prefix: root + prefix, ...(signal && { abortSignal: signal }) };
  // A service that does not know where to start begins at the beginning: what comes before is passed over.
  const start = after === undefined ? {} : { startFrom: root + after };
  // Longer ones are cut by the service after their first character, or so its emulator believes: groups are made here.
  const single = delimiter !== undefined && delimiter.length === 1;
  const pages = single
    ? container.listBlobsByHierarchy(delimiter, options).byPage()
    : container.listBlobsFlat({ ...options, ...start }).byPage();
  let last = "";
  for (;;) {
    throwIfAborted(signal);
    let page;
    try {
      page = await pages.next();
    } catch (error) {
      throwIfAborted(signal);
      throw explain(error, `list ${prefix || "everything"}`, connection.where);
    }
    if (page.done === true) return;
    const { blobItems, blobPrefixes = [] } = page.value.segment as {
      blobItems: BlobItem[];
      blobPrefixes?: BlobPrefix[];
    };
    const items: Item[] = [
      ...blobItems.map((item) => ({ kind: "blob" as const, ...item })),
      ...blobPrefixes.map((item) => ({ kind: "prefix" as const, ...item })),
    ];
    const entries = items
      .flatMap((item) => entryOf(item, root, prefix) ?? [])
      .map((entry) => (delimiter && !single ? grouped(entry, prefix, delimiter) : entry))
      .toSorted((a, b) => compareCodePoints(a.key, b.key));
    for (const entry of entries) {
      throwIfAborted(signal);
      if (after !== undefined && compareCodePoints(entry.key, after) <= 0) continue;
      if (entry.prefix === true && entry.key === last) continue;
      if (last !== "" && compareCodePoints(entry.key, last) <= 0)
        throw new ModelkeepError(
          "unsupported",
          `[azure] The service lists ${JSON.stringify(entry.key)} after ${JSON.stringify(last)}: in this order it is not usable as a store`,
        );
      last = entry.key;
      yield entry;
    }
  }
}

function grouped(entry: ListEntry, prefix: string, delimiter: string): ListEntry {
  const at = entry.key.indexOf(delimiter, prefix.length);
  return at < 0
    ? entry
    : { key: entry.key.slice(0, at + delimiter.length), size: 0, modified: new Date(0), prefix: true };
}

function entryOf(item: Item, root: string, prefix: string): ListEntry | undefined {
  if (!item.name.startsWith(root + prefix)) return undefined;
  const key = item.name.slice(root.length);
  if (item.kind === "prefix") return key === "/" ? undefined : { key, size: 0, modified: new Date(0), prefix: true };
  try {
    checkKey(key);
  } catch (error) {
    if (isModelkeepError(error, "invalid_key")) return undefined;
    throw error;
  }
  const { contentLength = 0, lastModified } = item.properties;
  return { key, size: contentLength, modified: lastModified };
}
