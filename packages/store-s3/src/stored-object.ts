import type { GetObjectCommandOutput } from "@aws-sdk/client-s3";
import { cutRange, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { CallOptions, GetOptions, ObjectInfo, ReadIntoOptions, StoredObject } from "@modelkeep/core";
import type { Connection } from "./connection.js";
import { describe, headObject, type Place } from "./describe.js";
import { explain } from "./explain.js";
import { classify, isMissing } from "./failure.js";
import type { Settings } from "./options.js";
import { readRange, type Source } from "./read-range.js";

/** Read along with the first request: log entries and manifests then cost one round trip. */
const firstRead = 128 << 10;

export async function getObject(
  connection: Connection,
  settings: Settings,
  place: Place,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  const { key, fullKey } = place;
  const wanted = cutRange(Number.MAX_SAFE_INTEGER, range);
  const until = Math.min(wanted.start + firstRead, wanted.end);
  if (until > wanted.start) {
    const found = await connection.call(
      `read ${key}`,
      signal,
      async (client, sdk, options) => {
        const Range = `bytes=${wanted.start}-${until - 1}`;
        try {
          const output = await client.send(
            new sdk.GetObjectCommand({ Bucket: connection.bucket, Key: fullKey, Range }),
            options,
          );
          return { output, bytes: await readHead(output, key, wanted.start, until) };
        } catch (error) {
          const failure = classify(error);
          if (isMissing(failure)) return undefined;
          // Nothing lies that far: the object is looked at instead.
          if (failure.status === 416) return "beyond";
          throw error;
        }
      },
      fullKey,
    );
    if (found === undefined) return undefined;
    if (found !== "beyond") {
      const { info, etag } = describe(key, found.output, totalSize(found.output));
      return new S3Object(connection, settings, { place, etag, ...cutRange(info.size, range) }, info, found.bytes);
    }
  }
  const head = await headObject(connection, place, signal);
  return (
    head &&
    new S3Object(
      connection,
      settings,
      { place, etag: head.etag, ...cutRange(head.info.size, range) },
      head.info,
      new Uint8Array(0),
    )
  );
}

class S3Object implements StoredObject {
  constructor(
    private readonly connection: Connection,
    private readonly settings: Settings,
    private readonly source: Source,
    readonly info: ObjectInfo,
    /** The first bytes of the range. */
    private readonly first: Uint8Array,
  ) {}

  async *stream({ signal }: CallOptions = {}): AsyncGenerator<Uint8Array, void, undefined> {
    throwIfAborted(signal);
    const { source, first } = this;
    if (first.length > 0) yield first.slice();
    throwIfAborted(signal);
    const start = source.start + first.length;
    if (start < source.end) yield* readRange(this.connection, { ...source, start }, signal);
  }

  async readInto(target: Uint8Array, { offset = 0, progress, signal }: ReadIntoOptions = {}): Promise<number> {
    throwIfAborted(signal);
    const { source, first } = this;
    const asked = cutRange(source.end - source.start, { start: offset, end: offset + target.length });
    const length = asked.end - asked.start;
    const known = first.subarray(asked.start, asked.end);
    target.set(known);
    if (known.length > 0) progress?.(known.length);

    // Pieces side by side, each written to where it belongs; told as far as there is no gap.
    const { partSize, concurrency } = this.settings;
    const pieces: { readonly start: number; readonly end: number; filled: number }[] = [];
    for (let start = known.length; start < length; start += partSize)
      pieces.push({ start, end: Math.min(start + partSize, length), filled: start });
    let next = 0;
    let whole = 0;
    const tell = (): void => {
      while (whole < pieces.length - 1 && pieces[whole]!.filled === pieces[whole]!.end) whole++;
      progress?.(pieces[whole]!.filled);
    };
    const failed = new AbortController();
    const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
    const work = async (): Promise<void> => {
      for (let index = next++; index < pieces.length; index = next++) {
        const piece = pieces[index]!;
        const base = source.start + asked.start;
        const part = { ...source, start: base + piece.start, end: base + piece.end };
        for await (const chunk of readRange(this.connection, part, either)) {
          target.set(chunk, piece.filled);
          piece.filled += chunk.length;
          if (index === whole) tell();
        }
      }
    };
    const workers = Array.from({ length: Math.min(concurrency, pieces.length) }, work);
    try {
      await Promise.all(workers);
    } catch (error) {
      failed.abort();
      // Nobody writes to the target any more once this has returned.
      await Promise.allSettled(workers);
      throwIfAborted(signal);
      throw explain(error, `read ${this.info.key}`, this.connection, this.source.place.fullKey);
    }
    return length;
  }
}

async function readHead(
  { Body, ContentLength = 0, ContentRange }: GetObjectCommandOutput,
  key: string,
  start: number,
  end: number,
): Promise<Uint8Array> {
  if (Body === undefined) return new Uint8Array(0);
  if (ContentRange === undefined || ContentLength > end - start) {
    (Body as { destroy?: () => void }).destroy?.();
    throw new ModelkeepError(
      "unsupported",
      `[s3] The service ignores the range asked of ${key}; it is not usable as a store`,
    );
  }
  const bytes = await Body.transformToByteArray();
  if (bytes.length !== ContentLength)
    throw Object.assign(new Error("The answer was cut off"), { code: "ERR_STREAM_PREMATURE_CLOSE" });
  return bytes;
}

/** Of the whole object: what stands after the "/" in `bytes 0-9/10`. */
function totalSize({ ContentRange }: GetObjectCommandOutput): number | undefined {
  const match = /\/(\d{1,16})$/.exec(ContentRange ?? "");
  return match === null ? undefined : Number(match[1]);
}
