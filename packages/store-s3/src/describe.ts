import type { GetObjectCommandOutput, HeadObjectCommandOutput } from "@aws-sdk/client-s3";
import { ModelkeepError, type ObjectInfo } from "@modelkeep/core";
import type { Connection } from "./connection.js";
import { classify } from "./failure.js";

/** Metadata that tells a put its own object apart from anyone else's: a number drawn anew for each put. */
export const putToken = "modelkeep-put";

export interface Head {
  readonly info: ObjectInfo;
  readonly etag: string | undefined;
  readonly token: string | undefined;
}

/** A key of the store, and where it lies in the bucket. */
export interface Place {
  readonly key: string;
  readonly fullKey: string;
}

/** The object as it is now, or undefined. That there is no such bucket is an error, not an absence. */
export async function headObject(
  connection: Connection,
  { key, fullKey }: Place,
  signal: AbortSignal | undefined,
): Promise<Head | undefined> {
  const { bucket } = connection;
  const found = await connection.call(`look at ${key}`, signal, async (client, sdk, options) => {
    try {
      return await client.send(new sdk.HeadObjectCommand({ Bucket: bucket, Key: fullKey }), options);
    } catch (error) {
      const { status } = classify(error);
      if (status === 404 && connection.reached) return undefined;
      // An answer to HEAD has no body and so no reason; a listing of the same key has one.
      if (status !== undefined && status >= 300 && status < 500 && status !== 429)
        await client.send(new sdk.ListObjectsV2Command({ Bucket: bucket, Prefix: fullKey, MaxKeys: 1 }), options);
      if (status === 404) return undefined;
      throw error;
    }
  });
  return found && describe(key, found, found.ContentLength);
}

export function describe(
  key: string,
  output: HeadObjectCommandOutput | GetObjectCommandOutput,
  size: number | undefined,
): Head {
  const modified = output.LastModified;
  if (size === undefined || !Number.isSafeInteger(size) || modified === undefined)
    throw new ModelkeepError("io_error", `[s3] The service did not tell size and time of ${key}; is it really S3?`);
  const storageClass = output.StorageClass ?? "STANDARD";
  return {
    info: { key, size, modified, storageClass },
    etag: output.ETag,
    token: output.Metadata?.[putToken],
  };
}
