import { cutRange, deletedSince, ModelkeepError, replacedSince, storedParts, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ObjectInfo, StoredObject } from "@modelkeep/core";

import type { Connection } from "./connection.js";
import { classify, explain } from "./failure.js";
import { headObject } from "./head-object.js";
import { readWindow, type Window } from "./read-window.js";

/** Read along with the first request: log entries and manifests then cost one round trip. */
const firstRead = 128 << 10;
/** Bytes of later requests, and how many are under way at once: what a stream holds in memory. */
const windowSize = 4 << 20;
const side = 3;
/** How often a download that broke is gone on with, without a byte of progress in between. */
const patience = 5;

/** An object as it was found: its generation is asked for, so one that was replaced since is a `conflict`, never a mixture. */
export async function getObject(
  connection: Connection,
  key: string,
  { range, signal }: GetOptions,
): Promise<StoredObject | undefined> {
  const found = await find(connection, key, cutRange(Number.MAX_SAFE_INTEGER, range), signal);
  if (found === undefined) return undefined;
  const { info, generation, first } = found;
  const { start } = cutRange(info.size, range);

  /** Some windows side by side, their bytes in order. */
  async function* parts(from: number, to: number, calls: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    const known = first.subarray(from - start, to - start);
    if (known.length > 0) yield known.slice();
    const windows: Promise<readonly Uint8Array[]>[] = [];
    for (let position = from + known.length; position < to || windows.length > 0;) {
      while (position < to && windows.length < side) {
        const until = Math.min(position + windowSize, to);
        const pieces = whole(connection, { key, generation, from: position, to: until }, calls);
        // Whoever stops in between does not hear of later ones.
        pieces.catch(() => undefined);
        windows.push(pieces);
        position = until;
      }
      for (const piece of await windows.shift()!) {
        throwIfAborted(calls);
        yield piece;
      }
    }
  }

  return storedParts(info, range, parts);
}

interface Found {
  readonly info: ObjectInfo;
  readonly generation: string;
  /** The first bytes of the range. */
  readonly first: Uint8Array;
}

async function find(
  connection: Connection,
  key: string,
  { start, end }: { readonly start: number; readonly end: number },
  signal: AbortSignal | undefined,
): Promise<Found | undefined> {
  if (end > start) {
    const window = await connection.call(`read ${key}`, signal, async () => {
      try {
        return await readWindow(connection, { key, from: start, to: Math.min(start + firstRead, end) });
      } catch (error) {
        const { status } = classify(error);
        if (status === 404) return undefined;
        // Nothing lies that far: the object is looked at instead.
        if (status === 416) return "beyond";
        throw error;
      }
    });
    if (window === undefined) return undefined;
    const described = window === "beyond" ? undefined : describeAnswer(key, window);
    if (described !== undefined) return described;
  }
  const head = await headObject(connection, key, signal);
  return head && { info: head.info, generation: head.generation, first: new Uint8Array(0) };
}

/** What the headers of an answer say about its object; nothing, where they don't say all. */
function describeAnswer(key: string, { headers, pieces }: Window): Found | undefined {
  const generation = headers["x-goog-generation"];
  const modified = new Date(headers["last-modified"] ?? Number.NaN);
  const size = /\/(\d{1,16})$/u.exec(headers["content-range"] ?? "")?.[1];
  if (typeof generation !== "string" || size === undefined || Number.isNaN(modified.getTime())) return undefined;
  return { info: { key, size: Number(size), modified }, generation, first: new Uint8Array(Buffer.concat(pieces)) };
}

/** A window with all its bytes: where an answer breaks off, the rest is asked for anew. */
async function whole(
  connection: Connection,
  { key, generation, from, to }: { readonly key: string; generation: string; from: number; to: number },
  signal: AbortSignal | undefined,
): Promise<readonly Uint8Array[]> {
  const pieces: Uint8Array[] = [];
  for (let position = from, failures = 0; position < to;) {
    let failure: unknown;
    try {
      const request = () => readWindow(connection, { key, generation, from: position, to });
      const window = await connection.call(`read ${key}`, signal, request);
      pieces.push(...window.pieces);
      position += window.length;
      failures = window.length > 0 ? 0 : failures + 1;
      ({ failure } = window);
    } catch (error) {
      throwIfAborted(signal);
      if (classify((error as Error).cause ?? error).status === 404) throw await gone(connection, key, error);
      failure = error;
      failures += 1;
    }
    if (failures > patience)
      throw failure === undefined
        ? new ModelkeepError("io_error", `[gcs] The service gave no bytes of ${key}. Try again later`)
        : explain(failure, `read ${key}`, connection.settings.bucket);
  }
  return pieces;
}

/** This generation is not there any more: the object was deleted or replaced. */
async function gone(connection: Connection, key: string, cause: unknown): Promise<ModelkeepError> {
  const found = await headObject(connection, key, undefined);
  return found === undefined ? deletedSince("gcs", key, cause) : replacedSince("gcs", key, cause);
}
