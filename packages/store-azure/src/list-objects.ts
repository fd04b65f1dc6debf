import { checkPrefix, groupEntry, listedInOrder, throwIfAborted } from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { BlobItem, BlobPrefix } from "@azure/storage-blob";

import type { Connection } from "./connection.js";
import { explain } from "./failure.js";

interface Segment {
  readonly blobItems: readonly BlobItem[];
  readonly blobPrefixes?: readonly BlobPrefix[];
}

/** What lies under a prefix, page by page. */
export async function* listObjects(
  connection: Connection,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  throwIfAborted(options.signal);
  yield* listedInOrder("azure", pages(connection, prefix, options), prefix, options);
}

async function* pages(
  connection: Connection,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<readonly ListEntry[]> {
  const { root } = connection.settings;
  const container = await connection.container();
  const keyOf = (name: string) => (name.startsWith(root) ? name.slice(root.length) : "");
  const options = { prefix: root + prefix, ...(signal && { abortSignal: signal }) };
  // A service that does not know where to start begins at the beginning.
  const start = after === undefined ? {} : { startFrom: root + after };
  // A longer delimiter is cut by the service after its first character, or so its emulator believes: it is not asked for groups.
  const answers =
    delimiter?.length === 1
      ? container.listBlobsByHierarchy(delimiter, options).byPage()
      : container.listBlobsFlat({ ...options, ...start }).byPage();
  for (;;) {
    throwIfAborted(signal);
    let answer;
    try {
      answer = await answers.next();
    } catch (error) {
      throwIfAborted(signal);
      throw explain(error, `list ${prefix || "everything"}`, connection.where);
    }
    if (answer.done === true) return;
    const { blobItems, blobPrefixes = [] } = answer.value.segment as Segment;
    yield [
      ...blobItems.map(({ name, properties: { contentLength: size = 0, lastModified: modified } }) => ({
        key: keyOf(name),
        size,
        modified,
      })),
      ...blobPrefixes.map(({ name }) => groupEntry(keyOf(name))),
    ];
  }
}
