import { backOff, deletedSince, ModelkeepError, replacedSince, throwIfAborted } from "@modelkeep/core";
import type { Readable } from "node:stream";
import type { Connection } from "./connection.js";
import type { Place } from "./describe.js";
import { explain } from "./explain.js";
import { classify, isMissing } from "./failure.js";

/** Bytes of one object as it was when it was found. */
export interface Source {
  readonly place: Place;
  readonly etag: string | undefined;
  readonly start: number;
  readonly end: number;
}

/**
 * The bytes of a range that is not empty. A connection that breaks is taken up where it broke, and only of the same
 * object: one that was replaced meanwhile is a `conflict`, never a mixture.
 */
export async function* readRange(
  connection: Connection,
  source: Source,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { key } = source.place;
  let position = source.start;
  for (let failures = 0; ;) {
    let body: Readable | undefined;
    try {
      body = await open(connection, source, position, signal);
      const stop = (): unknown => body?.destroy();
      signal?.addEventListener("abort", stop, { once: true });
      try {
        for await (const chunk of body as AsyncIterable<Uint8Array>) {
          throwIfAborted(signal);
          if (position + chunk.length > source.end)
            throw new ModelkeepError("io_error", `[s3] The service sent more of ${key} than it was asked for`);
          position += chunk.length;
          failures = 0;
          yield new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
        }
      } finally {
        signal?.removeEventListener("abort", stop);
        body.destroy();
      }
      throwIfAborted(signal);
      if (position === source.end) return;
      throw Object.assign(new Error("The answer was cut off"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
    } catch (error) {
      throwIfAborted(signal);
      const failure = classify(error);
      if (failure.status === 412) throw replacedSince("s3", key, error);
      if (isMissing(failure)) throw deletedSince("s3", key, error);
      if (!failure.transient || ++failures >= connection.policy.attempts)
        throw explain(error, `read ${key} from byte ${position}`, connection, source.place.fullKey);
      await backOff(connection.policy, failures, signal);
    }
  }
}

async function open(
  connection: Connection,
  { place, etag, end }: Source,
  position: number,
  signal: AbortSignal | undefined,
): Promise<Readable> {
  const output = await connection.once(signal, (client, sdk, options) =>
    client.send(
      new sdk.GetObjectCommand({
        Bucket: connection.bucket,
        Key: place.fullKey,
        Range: `bytes=${position}-${end - 1}`,
        ...(etag === undefined ? {} : { IfMatch: etag }),
      }),
      options,
    ),
  );
  const body = output.Body as Readable | undefined;
  const ranged = output.ContentRange?.startsWith(`bytes ${position}-`) === true;
  if (body !== undefined && ranged) return body;
  body?.destroy();
  throw new ModelkeepError(
    "unsupported",
    `[s3] The service ignores the range asked of ${place.key}; it is not usable as a store`,
  );
}
