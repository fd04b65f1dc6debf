import type { PutObjectCommandInput, PutObjectCommand } from "@aws-sdk/client-s3";
import { ModelkeepError, type ObjectInfo, type Parts } from "@modelkeep/core";
import { Readable } from "node:stream";
import { headObject } from "./describe.js";
import type { PutContext } from "./put-object.js";
import { settle } from "./settle.js";

/** What one request may carry: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const largestPut = 5 * 2 ** 30;

export function putWhole(context: PutContext, body: Uint8Array): Promise<ObjectInfo> {
  const { place, token, ifAbsent, signal } = context;
  return settle(context.connection, {
    place,
    token,
    ifAbsent,
    signal,
    send: () => sendOnce(context, body, body.length, signal),
  });
}

/**
 * The body as one long request, for services that know conditional puts but not conditional multipart uploads. A body
 * is read once before that, for its size.
 */
export async function putStreamed(context: PutContext, parts: Parts): Promise<ObjectInfo> {
  const { connection, place, token, ifAbsent, signal } = context;
  let size = 0;
  for await (const chunk of parts.stream()) size += chunk.length;
  if (size > largestPut)
    throw new ModelkeepError(
      "unsupported",
      `[s3] ${place.key} has ${size} bytes, and ${connection.service} honours \`if: "absent"\` only up to 5 GiB: it ignores ` +
        "the condition of multipart uploads. Put it without the condition, or upgrade the service",
      { details: { key: place.key, size, limit: largestPut } },
    );
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  let trouble: unknown;
  // Ends the request as well: the client would go on waiting for the rest of a body that has failed.
  const fail = (error: unknown): void => {
    trouble ??= error;
    failed.abort(error);
  };
  try {
    return await settle(connection, {
      place,
      token,
      ifAbsent,
      signal: either,
      async send() {
        const body = Readable.from(exactly(size, parts.stream()), { objectMode: false });
        body.on("error", fail);
        try {
          return await sendOnce(context, body, size, either);
        } finally {
          body.off("error", fail);
          body.on("error", () => undefined);
          body.destroy();
        }
      },
    });
  } catch (error) {
    throw trouble ?? error;
  }
}

async function sendOnce(
  { connection, place, headers, ifAbsent }: PutContext,
  body: Uint8Array | Readable,
  size: number,
  signal: AbortSignal | undefined,
): Promise<ObjectInfo> {
  const input: PutObjectCommandInput = {
    ...headers,
    Body: body,
    ContentLength: size,
    IfNoneMatch: ifAbsent ? "*" : undefined,
  };
  const modified = await connection.once(signal, async (client, sdk, options) => {
    const command = new sdk.PutObjectCommand(input);
    const date = watchDate(command);
    await client.send(command, options);
    return date();
  });
  if (modified !== undefined)
    return { key: place.key, size, modified, storageClass: headers.StorageClass ?? "STANDARD" };
  const head = await headObject(connection, place, signal);
  if (head !== undefined) return head.info;
  throw new ModelkeepError("not_found", `[s3] ${place.key} was deleted by someone else as soon as it was written`);
}

/** The service's clock when it answered: the answer to a put says nothing else about the time it noted, a second at most before. */
function watchDate(command: PutObjectCommand): () => Date | undefined {
  let date = Number.NaN;
  command.middlewareStack.add(
    (next) => async (input) => {
      const result = await next(input);
      const { headers } = result.response as { headers?: Record<string, string> };
      date = Date.parse(headers?.["date"] ?? "");
      return result;
    },
    { step: "deserialize", name: "modelkeepDate", priority: "high" },
  );
  return () => (Number.isNaN(date) ? undefined : new Date(date));
}

/** A body that is longer or shorter at its second reading would be cut or waited for. */
async function* exactly(size: number, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > size) break;
    yield chunk;
  }
  if (total !== size)
    throw new ModelkeepError(
      "size_mismatch",
      `[s3] The body had ${size} bytes when it was opened first, and others now`,
    );
}
