import {
  checkKey,
  checkPrefix,
  compareCodePoints,
  isModelkeepError,
  ModelkeepError,
  throwIfAborted,
} from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { File } from "@google-cloud/storage";

import type { Connection } from "./connection.js";
import { describe } from "./head-object.js";

/** What lies under a prefix, page by page, in the order of UTF-8 bytes. Objects whose keys no store may have are passed over. */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  const { root } = connection.settings;
  const bucket = await connection.bucket();
  // A group of one character is what services and emulators agree on; longer ones are made here.
  const single = delimiter !== undefined && delimiter.length === 1;
  let query: object | null = {
    prefix: root + prefix,
    autoPaginate: false,
    ...(single && { delimiter }),
    // From there on, itself included: it is passed over below.
    ...(after !== undefined && { startOffset: root + after }),
  };
  let last = "";
  while (query !== null) {
    const [files, next, answer] = (await connection.call(`list ${prefix || "everything"}`, signal, () =>
      bucket.getFiles(query as object),
    )) as [File[], object | null, { prefixes?: string[] } | undefined];
    const entries = [
      ...files.flatMap((file) => entryOf(file, root, prefix) ?? []),
      ...(answer?.prefixes ?? []).flatMap((name) => groupOf(name, root, prefix) ?? []),
    ]
      .map((entry) => (delimiter && !single ? grouped(entry, prefix, delimiter) : entry))
      .toSorted((a, b) => compareCodePoints(a.key, b.key));
    for (const entry of entries) {
      throwIfAborted(signal);
      if (after !== undefined && compareCodePoints(entry.key, after) <= 0) continue;
      if (entry.prefix === true && entry.key === last) continue;
      if (last !== "" && compareCodePoints(entry.key, last) <= 0)
        throw new ModelkeepError(
          "unsupported",
          `[gcs] The service lists ${JSON.stringify(entry.key)} after ${JSON.stringify(last)}: in this order it is not usable as a store`,
        );
      last = entry.key;
      yield entry;
    }
    query = next;
  }
}

function grouped(entry: ListEntry, prefix: string, delimiter: string): ListEntry {
  const at = entry.key.indexOf(delimiter, prefix.length);
  return at < 0
    ? entry
    : { key: entry.key.slice(0, at + delimiter.length), size: 0, modified: new Date(0), prefix: true };
}

function groupOf(name: string, root: string, prefix: string): ListEntry | undefined {
  const key = name.slice(root.length);
  return name.startsWith(root + prefix) && key !== "/"
    ? { key, size: 0, modified: new Date(0), prefix: true }
    : undefined;
}

function entryOf(file: File, root: string, prefix: string): ListEntry | undefined {
  if (!file.name.startsWith(root + prefix)) return undefined;
  const key = file.name.slice(root.length);
  try {
    checkKey(key);
  } catch (error) {
    if (isModelkeepError(error, "invalid_key")) return undefined;
    throw error;
  }
  return describe(key, file.metadata).info;
}
