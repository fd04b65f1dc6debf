import { checkPrefix, groupEntry, listedInOrder } from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { File } from "@google-cloud/storage";

import type { Connection } from "./connection.js";
import { describe } from "./head-object.js";

/** What lies under a prefix, page by page, in the order of UTF-8 bytes. */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  yield* listedInOrder("gcs", pages(connection, prefix, options), prefix, options);
}

async function* pages(
  connection: Connection,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<readonly ListEntry[]> {
  const { root } = connection.settings;
  const bucket = await connection.bucket();
  const keyOf = (name: string) => (name.startsWith(root) ? name.slice(root.length) : "");
  let query: object | null = {
    prefix: root + prefix,
    autoPaginate: false,
    // A group of one character is what services and emulators agree on; for others the service is not asked.
    ...(delimiter?.length === 1 && { delimiter }),
    // From there on, itself included.
    ...(after !== undefined && { startOffset: root + after }),
  };
  while (query !== null) {
    const [files, next, answer] = (await connection.call(`list ${prefix || "everything"}`, signal, () =>
      bucket.getFiles(query as object),
    )) as [File[], object | null, { prefixes?: string[] } | undefined];
    yield [
      ...files.map((file) => describe(keyOf(file.name), file.metadata).info),
      ...(answer?.prefixes ?? []).map((name) => groupEntry(keyOf(name))),
    ];
    query = next;
  }
}
