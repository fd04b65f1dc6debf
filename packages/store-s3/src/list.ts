import type { ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import {
  checkKey,
  checkPrefix,
  compareCodePoints,
  isModelkeepError,
  ModelkeepError,
  throwIfAborted,
} from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import type { Connection } from "./connection.js";
import { probeKey } from "./probe.js";

/**
 * What lies under a prefix, page by page. S3 lists in the order of UTF-8 bytes, which is that of code points. Objects
 * whose keys no store may have (`a//b`, the `folder/` that consoles create) are passed over.
 */
export async function* listObjects(
  connection: Connection,
  root: string,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  throwIfAborted(signal);
  let token: string | undefined;
  let last = after ?? "";
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
    let sawNewer = false;
    for (const entry of readPage(page, root, prefix)) {
      throwIfAborted(signal);
      // A group may begin before `after` and go on behind it; then it was told of before.
      if (compareCodePoints(entry.key, last) <= 0) {
        if (token === undefined && !sawNewer) continue;
        throw new ModelkeepError(
          "unsupported",
          `[s3] The service lists ${JSON.stringify(entry.key)} after ${JSON.stringify(last)}: not in the order of S3, so it is not usable as a store (directory buckets are such)`,
        );
      }
      sawNewer = true;
      last = entry.key;
      yield entry;
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
    if (page.IsTruncated === true && token === undefined)
      throw new ModelkeepError("unsupported", "[s3] The service cut a listing off without saying how to go on");
  } while (token !== undefined);
}

function readPage(page: ListObjectsV2CommandOutput, root: string, prefix: string): readonly ListEntry[] {
  const decode = page.EncodingType === "url" ? decodeKey : (key: string) => key;
  const entries: ListEntry[] = [];
  for (const { Key, Size, LastModified, StorageClass } of page.Contents ?? []) {
    const key = relativeKey(decode(Key ?? ""), root);
    if (key === undefined || key === probeKey || !isKey(key) || !key.startsWith(prefix)) continue;
    if (Size === undefined || LastModified === undefined)
      throw new ModelkeepError("io_error", `[s3] The service lists ${key} without size or time; is it really S3?`);
    // To the second, as every other answer of S3 tells it.
    const modified = new Date(Math.floor(LastModified.getTime() / 1000) * 1000);
    entries.push({ key, size: Size, modified, storageClass: StorageClass ?? "STANDARD" });
  }
  for (const { Prefix } of page.CommonPrefixes ?? []) {
    const key = relativeKey(decode(Prefix ?? ""), root);
    if (key === undefined || key === "/" || !key.startsWith(prefix)) continue;
    entries.push({ key, size: 0, modified: new Date(0), prefix: true });
  }
  // Objects and groups come apart, and belong between each other.
  return entries.toSorted((a, b) => compareCodePoints(a.key, b.key));
}

function relativeKey(key: string, root: string): string | undefined {
  return key.startsWith(root) ? key.slice(root.length) : undefined;
}

function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch (error) {
    if (isModelkeepError(error, "invalid_key")) return false;
    throw error;
  }
}

/** As in a form: some services write a space as "+", and all of them a "+" as %2B. */
function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch (cause) {
    throw new ModelkeepError(
      "io_error",
      `[s3] The service lists the key ${JSON.stringify(text)}, which is not URL-encoded`,
      {
        cause,
      },
    );
  }
}
