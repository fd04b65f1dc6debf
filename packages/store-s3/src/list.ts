import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import { checkPrefix, groupEntry, listedInOrder, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { Connection } from "./connection.js";
import { probeKey } from "./probe.js";

/**
 * What lies under a prefix, page by page. S3 lists in the order of UTF-8 bytes, which is that of code points (its directory
 * buckets do not, and are refused). `a//b`, and the `folder/` that consoles create, are passed over.
 */
export async function* listObjects(
  connection: Connection,
  root: string,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  throwIfAborted(options.signal);
  yield* listedInOrder("s3", pages(connection, root, prefix, options), prefix, options);
}

async function* pages(
  connection: Connection,
  root: string,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<readonly ListEntry[]> {
  let token: string | undefined;
  do {
    const page = await connection.call(`list ${prefix || "everything"}`, signal, (client, sdk, options) =>
      client.send(
        new sdk.ListObjectsV2Command({
          Bucket: connection.bucket,
          Prefix: root + prefix,
          EncodingType: "url",
          ...(delimiter ? { Delimiter: delimiter } : {}),
          ...(token === undefined ? {} : { ContinuationToken: token }),
          ...(token === undefined && after ? { StartAfter: root + after } : {}),
        }),
        options,
      ),
    );
    yield entriesOf(page, root);
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    if (page.IsTruncated === true && token === undefined)
      throw new ModelkeepError("unsupported", "[s3] The service cut a listing off without saying how to go on");
  } while (token !== undefined);
}

function entriesOf(page: ListObjectsV2CommandOutput, root: string): readonly ListEntry[] {
  const keyOf = (text = "") => {
    const key = page.EncodingType === "url" ? decodeKey(text) : text;
    return key.startsWith(root) ? key.slice(root.length) : "";
  };
  const objects = (page.Contents ?? []).map(({ Key, Size, LastModified, StorageClass }) => {
    const key = keyOf(Key);
    if (Size === undefined || LastModified === undefined)
      throw new ModelkeepError("io_error", `[s3] The service lists ${key} without size or time; is it really S3?`);
    // To the second, as every other answer of S3 tells it.
    const modified = new Date(Math.floor(LastModified.getTime() / 1000) * 1000);
    return { key, size: Size, modified, storageClass: StorageClass ?? "STANDARD" };
  });
  const groups = (page.CommonPrefixes ?? []).map(({ Prefix }) => groupEntry(keyOf(Prefix)));
  return [...objects.filter(({ key }) => key !== probeKey), ...groups];
}

/** As in a form: some services write a space as "+", and all of them a "+" as %2B. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    const message = `[s3] The service lists the key ${JSON.stringify(text)}, which is not URL-encoded`;
    throw new ModelkeepError("io_error", message, { cause });
  }
}
