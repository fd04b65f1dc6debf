import { cutRange, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ObjectInfo, ReadIntoOptions, StoredObject } from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, isMissing } from "./failure.js";
import { headObject } from "./head-object.js";

/** Objects of at most so many bytes come with the first answer. */
const small = 128 << 10;
/** How often a download that broke is gone on with, without a byte of progress in between. */
const patience = 5;

/** An object as it was found; reading one that was replaced since is a `conflict`, never a mixture. */
export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  const first = await openSmall(connection, key, signal);
  if (first === undefined) return undefined;
  const { info, etag, bytes } = first;
  const { start, end } = cutRange(info.size, range);

  async function* parts(from: number, to: number, calls: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    throwIfAborted(calls);
    if (bytes !== undefined) {
      if (to > from) yield bytes.slice(from, to);
      return;
    }
    yield* download(connection, key, etag, { from, to, signal: calls });
  }

  return {
    info,
    async *stream({ signal: calls } = {}) {
      yield* parts(start, end, calls);
    },
    async readInto(target, { offset = 0, progress, signal: calls }: ReadIntoOptions = {}) {
      throwIfAborted(calls);
      const part = cutRange(end - start, { start: offset, end: offset + target.length });
      let filled = 0;
      for await (const piece of parts(start + part.start, start + part.end, calls)) {
        target.set(piece, filled);
        filled += piece.length;
        progress?.(filled);
      }
      return filled;
    },
  };
}

interface Found {
  readonly info: ObjectInfo;
  readonly etag: string | undefined;
  /** All of them, where they are few. */
  readonly bytes: Uint8Array | undefined;
}

async function openSmall(
  connection: Connection,
  key: string,
  signal: AbortSignal | undefined,
): Promise<Found | undefined> {
  const blob = await connection.blob(key);
  return connection.call(`read ${key}`, signal, async (calls) => {
    try {
      const answer = await blob.download(0, small, calls);
      const size = Number(/\/(\d+)$/u.exec(answer.contentRange ?? "")?.[1] ?? answer.contentLength ?? 0);
      const info = { key, size, modified: answer.lastModified ?? new Date(0) };
      const stream = answer.readableStreamBody as (NodeJS.ReadableStream & { destroy(): void }) | undefined;
      if (stream === undefined || size > small) {
        stream?.on("error", () => undefined);
        stream?.destroy();
        return { info, etag: answer.etag, bytes: undefined };
      }
      const pieces: Uint8Array[] = [];
      for await (const piece of stream) pieces.push(piece as unknown as Uint8Array);
      return { info, etag: answer.etag, bytes: new Uint8Array(Buffer.concat(pieces)) };
    } catch (error) {
      const failure = classify(error);
      if (isMissing(failure)) return undefined;
      // An empty object has no range.
      if (failure.status !== 416) throw error;
      const head = await headObject(connection, key, signal);
      return head && { info: head.info, etag: head.etag, bytes: head.info.size === 0 ? new Uint8Array(0) : undefined };
    }
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
        if (isMissing(failure))
          throw new ModelkeepError("not_found", `[azure] ${key} was deleted since it was opened`, { cause: error });
        if (failure.status === 412)
          throw new ModelkeepError("conflict", `[azure] ${key} was replaced since it was opened: open it again`, {
            cause: error,
          });
        throw error;
      }
    });
    const stream = answer.readableStreamBody as (NodeJS.ReadableStream & { destroy(): void }) | undefined;
    const before = position;
    try {
      for await (const piece of stream ?? []) {
        const bytes = new Uint8Array(piece as unknown as Uint8Array).subarray(0, to - position);
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
