import { ModelkeepError, throwIfAborted, type ObjectInfo, type Parts } from "@modelkeep/core";
import { headObject } from "./describe.js";
import type { PutContext } from "./put-object.js";
import { settle } from "./settle.js";

const mostParts = 10_000;

/**
 * Sends parts side by side and joins them at the end, which makes the object visible. An upload that fails is aborted, so
 * that its parts are not kept (and paid for); where even that fails, a lifecycle rule of the bucket should.
 */
export async function uploadParts(
  context: PutContext,
  parts: Parts,
  body: AsyncIterable<Uint8Array>,
): Promise<ObjectInfo> {
  const { connection, place, headers, signal } = context;
  const doing = `write ${place.key}`;
  const { UploadId } = await connection.call(doing, signal, (client, sdk, options) =>
    client.send(new sdk.CreateMultipartUploadCommand(headers), options),
  );
  if (UploadId === undefined)
    throw new ModelkeepError("io_error", `[s3] Could not ${doing}: the service began no upload`);
  try {
    const etags = await sendParts(context, UploadId, parts, body);
    return await complete(context, UploadId, etags);
  } catch (error) {
    const upload = { Bucket: headers.Bucket, Key: headers.Key, UploadId };
    // Without the caller's signal, which may be why we are here. What it says is no longer of interest.
    await connection
      .call(doing, AbortSignal.timeout(30_000), (client, sdk, options) =>
        client.send(new sdk.AbortMultipartUploadCommand(upload), options),
      )
      .catch(() => undefined);
    throw error;
  }
}

async function sendParts(
  { connection, settings, place, headers, signal }: PutContext,
  uploadId: string,
  parts: Parts,
  body: AsyncIterable<Uint8Array>,
): Promise<readonly string[]> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const etags: string[] = [];
  const underWay = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  const send = async (part: Uint8Array, number: number): Promise<void> => {
    const upload = { Bucket: headers.Bucket, Key: headers.Key, UploadId: uploadId, PartNumber: number };
    try {
      const { ETag } = await connection.call(`write part ${number} of ${place.key}`, either, (client, sdk, options) =>
        client.send(new sdk.UploadPartCommand({ ...upload, Body: part }), options),
      );
      if (ETag === undefined)
        throw new ModelkeepError("io_error", `[s3] The service gave no ETag for a part of ${place.key}`);
      etags[number - 1] = ETag;
      parts.giveBack(part);
    } catch (error) {
      failure ??= { error };
      failed.abort();
    }
  };
  try {
    let number = 0;
    for await (const part of body) {
      if (failure !== undefined) break;
      if (++number > mostParts)
        throw new ModelkeepError(
          "limit_exceeded",
          `[s3] ${place.key} has more than ${mostParts} parts of ${settings.partSize} bytes. Say the size with put, or choose a larger partSize`,
          { details: { limit: mostParts * settings.partSize } },
        );
      const sending = send(part, number).finally(() => underWay.delete(sending));
      underWay.add(sending);
      if (underWay.size >= settings.concurrency) await Promise.race(underWay);
    }
  } catch (error) {
    failure ??= { error };
    failed.abort();
  }
  await Promise.all(underWay);
  throwIfAborted(signal);
  if (failure !== undefined) throw failure.error;
  return etags;
}

function complete(
  { connection, place, token, headers, ifAbsent, signal }: PutContext,
  uploadId: string,
  etags: readonly string[],
): Promise<ObjectInfo> {
  const input = {
    Bucket: headers.Bucket,
    Key: headers.Key,
    UploadId: uploadId,
    MultipartUpload: { Parts: etags.map((ETag, index) => ({ ETag, PartNumber: index + 1 })) },
    IfNoneMatch: ifAbsent ? "*" : undefined,
  };
  return settle(connection, {
    place,
    token,
    ifAbsent,
    signal,
    // After a conflict the parts are gone too.
    startsOver: (code, status) => code === "NoSuchUpload" || (ifAbsent && status === 409),
    async send() {
      await connection.once(signal, (client, sdk, options) =>
        client.send(new sdk.CompleteMultipartUploadCommand(input), options),
      );
      // S3 dates such an object back to the beginning of its upload.
      const head = await headObject(connection, place, signal);
      if (head !== undefined) return head.info;
      throw new ModelkeepError("not_found", `[s3] ${place.key} was deleted by someone else as soon as it was written`);
    },
  });
}
