import { cutRange, deletedSince, ModelkeepError, replacedSince, storedParts, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ObjectInfo, StoredObject } from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, isMissing } from "./failure.js";
import { headObject } from "./head-object.js";

/** Read along with the first request: log entries and manifests then cost one round trip. */
const firstRead = 128 << 10;
/** How often a download that broke is gone on with, without a byte of progress in between. */
const patience = 5;

/** An object as it was found; reading one that was replaced since is a `conflict`, never a mixture. */
export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  const found = await open(connection, key, cutRange(Number.MAX_SAFE_INTEGER, range), signal);
  if (found === undefined) return undefined;
  const { info, etag, first } = found;
  const { start } = cutRange(info.size, range);

  async function* parts(from: number, to: number, calls: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const known = first.slice(from - start, to - start);
    if (known.length > 0) yield known;
    throwIfAborted(calls);
    yield* download(connection, key, etag, { from: from + known.length, to, signal: calls });
  }

  return storedParts(info, range, parts);
}

interface Found {
  readonly info: ObjectInfo;
  readonly etag: string | undefined;
  /** The first bytes of the range. */
  readonly first: Uint8Array;
}

async function open(
  connection: Connection,
  key: string,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): Promise<Found | undefined> {
  const blob = await connection.blob(key);
  return connection.call(`read ${key}`, signal, async (calls) => {
    try {
      if (end > start) {
        const answer = await blob.download(start, Math.min(firstRead, end - start), calls);
        const size = Number(/\/(\d+)$/u.exec(answer.contentRange ?? "")?.[1] ?? Number.NaN);
        const pieces: Uint8Array[] = [];
        try {
          for await (const piece of answer.readableStreamBody ?? []) pieces.push(piece as unknown as Uint8Array);
        } catch {
          // It broke: the rest is asked for with what follows.
          throwIfAborted(signal);
        }
        const info = { key, size, modified: answer.lastModified ?? new Date(0) };
        if (size >= 0) return { info, etag: answer.etag, first: new Uint8Array(Buffer.concat(pieces)) };
      }
    } catch (error) {
      const failure = classify(error);
      if (isMissing(failure)) return undefined;
      // Nothing lies that far: the object is looked at instead.
      if (failure.status !== 416) throw error;
    }
    const head = await headObject(connection, key, signal);
    return head && { info: head.info, etag: head.etag, first: new Uint8Array(0) };
  });
}

async function* download(
  connection: Connection,
  key: string,
  etag: string | undefined,
  { from, to, signal }: { readonly from: number; readonly to: number; readonly signal: AbortSignal | undefined },
): AsyncGenerator<Uint8Array> {
  const blob = await connection.blob(key);
  for (let position = from, failures = 0; position < to;) {
    const answer = await connection.call(`read ${key}`, signal, async (calls) => {
      try {
        return await blob.download(position, to - position, {
          ...calls,
          ...(etag !== undefined && { conditions: { ifMatch: etag } }),
          maxRetryRequests: 0,
        });
      } catch (error) {
        const failure = classify(error);
        if (isMissing(failure)) throw deletedSince("azure", key, error);
        if (failure.status === 412) throw replacedSince("azure", key, error);
        throw error;
      }
    });
    const stream = answer.readableStreamBody as (NodeJS.ReadableStream & { destroy(): void }) | undefined;
    const before = position;
    try {
      for await (const piece of stream ?? []) {
        const { buffer, byteOffset, length } = piece as unknown as Uint8Array;
        const bytes = new Uint8Array(buffer, byteOffset, length).subarray(0, to - position);
        position += bytes.length;
        yield bytes;
        throwIfAborted(signal);
      }
    } catch (error) {
      throwIfAborted(signal);
      // It broke: the rest is asked for anew.
      failures = position > before ? 1 : failures + 1;
      if (failures > patience) throw error;
    } finally {
      stream?.destroy();
    }
    throwIfAborted(signal);
    if (position === before && ++failures > patience)
      throw new ModelkeepError("io_error", `[azure] The service gave no bytes of ${key}. Try again later`);
  }
}
