import type { PutObjectCommandInput } from "@aws-sdk/client-s3";
import { cutIntoParts, ModelkeepError, type Body, type ObjectInfo, type PutOptions } from "@modelkeep/core";
import { randomUUID } from "node:crypto";
import type { Connection } from "./connection.js";
import { putToken, type Place } from "./describe.js";
import { uploadParts } from "./multipart.js";
import type { Settings } from "./options.js";
import type { Probe } from "./probe.js";
import { putStreamed, putWhole } from "./single-put.js";
import { StartOver } from "./settle.js";

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const mostParts = 10_000;

/** What every request that makes an object says about it. */
export type ObjectHeaders = Pick<
  PutObjectCommandInput,
  "Bucket" | "Key" | "Metadata" | "StorageClass" | "ServerSideEncryption" | "SSEKMSKeyId"
>;

/** One put: where it goes, and how it is known again. */
export interface PutContext {
  readonly connection: Connection;
  readonly settings: Settings;
  readonly place: Place;
  readonly token: string;
  readonly headers: ObjectHeaders;
  readonly ifAbsent: boolean;
  readonly signal: AbortSignal | undefined;
}

/** Small bodies in one request, large ones in parts; nothing is visible before the last request has succeeded. */
export async function putObject(
  connection: Connection,
  settings: Settings,
  probe: Probe,
  place: Place,
  body: Body,
  { if: condition, size, storageClass, signal }: PutOptions,
): Promise<ObjectInfo> {
  const partSize = Math.max(settings.partSize, Math.ceil((size ?? 0) / mostParts));
  const parts = cutIntoParts(body, partSize, { size, signal });
  const token = randomUUID();
  const ifAbsent = condition === "absent";
  const headers = describeObject(connection, settings, place, token, storageClass);
  const context: PutContext = { connection, settings, place, token, headers, ifAbsent, signal };
  if (ifAbsent) await probe.requireConditionalPut(signal);

  for (let turn = 1; ; turn++) {
    const reader = parts.open();
    try {
      const first = (await reader.next()).value ?? new Uint8Array(0);
      const second = first.length < partSize ? undefined : (await reader.next()).value;
      if (second === undefined) return await putWhole(context, first);
      if (!ifAbsent || (await probe.conditionalMultipart(signal)))
        return await uploadParts(context, parts, chain([first, second], reader));
    } catch (error) {
      if (!(error instanceof StartOver)) throw error;
      if (turn < settings.retries.attempts) continue;
      throw new ModelkeepError("conflict", `[s3] ${place.key} is written by others all the time. Try again later`, {
        cause: error,
      });
    } finally {
      await reader.return();
    }
    return putStreamed(context, parts);
  }
}

function describeObject(
  { bucket }: Connection,
  { serverSideEncryption: encryption }: Settings,
  { fullKey }: Place,
  token: string,
  storageClass: string | undefined,
): ObjectHeaders {
  return {
    Bucket: bucket,
    Key: fullKey,
    Metadata: { [putToken]: token },
    StorageClass: storageClass as ObjectHeaders["StorageClass"],
    ServerSideEncryption: encryption === "AES256" ? "AES256" : encryption && "aws:kms",
    SSEKMSKeyId: typeof encryption === "object" && encryption.kms !== true ? encryption.kms : undefined,
  };
}

async function* chain(
  first: readonly Uint8Array[],
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* first;
  yield* rest;
}
