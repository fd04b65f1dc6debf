import { randomUUID } from "node:crypto";

import {
  alreadyExists,
  checkKey,
  type ModelkeepError,
  readBody,
  throwIfAborted,
  unknownOutcome,
} from "@modelkeep/core";
import type { Body, ObjectInfo, PutOptions } from "@modelkeep/core";

import { abandoned, BodyWriter, collectQuietly } from "./bodies.js";
import type { Database } from "./database.js";
import { classify, explain } from "./failure.js";
import { inlineSize, pieceSize } from "./schema.js";

interface Made {
  readonly modified: number;
  readonly previous: string | null;
}

/** What is known of a body once all of it has been read: its bytes where they are few, or where it lies. */
interface Content {
  readonly size: number;
  readonly bytes: Uint8Array | null;
  readonly body: string | null;
}

/**
 * Small bodies go into the row of the object. Larger ones go ahead in pieces that belong to no object; the last
 * statement, a small one, makes them one. No connection is held while the body is waited for.
 */
export async function putObject(
  database: Database,
  key: string | (() => string),
  body: Body,
  options: PutOptions,
): Promise<ObjectInfo> {
  const { signal } = options;
  // First of all, for an array is copied by this call.
  if (body instanceof Uint8Array && body.length <= inlineSize && (options.size ?? body.length) === body.length)
    return publish(database, key, { size: body.length, bytes: new Uint8Array(body), body: null }, options);
  const chunks = readBody(body, options);
  const expected = body instanceof Uint8Array ? body.length : options.size;
  if (typeof key === "string" && options.if === "absent" && (expected ?? Infinity) > inlineSize)
    await refuseEarly(database, key, signal);
  const writer = new BodyWriter(database, signal);
  try {
    let size = 0;
    let small: Uint8Array | undefined = new Uint8Array(0);
    for await (const piece of cut(chunks, expected)) {
      // The first piece is the only one, if it is not full.
      small = size === 0 && piece.length <= inlineSize ? piece : undefined;
      size += piece.length;
      if (small === undefined) await writer.write(piece);
    }
    await writer.end();
    return await publish(database, key, { size, bytes: small ?? null, body: writer.body ?? null }, options);
  } catch (error) {
    await writer.drop();
    throw error;
  }
}

async function publish(
  database: Database,
  key: string | (() => string),
  content: Content,
  options: PutOptions,
): Promise<ObjectInfo> {
  const name = typeof key === "string" ? key : checkKey(key());
  throwIfAborted(options.signal);
  const { modified, previous } = await makeVisible(database, name, content, options);
  if (previous !== null) await collectQuietly(database);
  return { key: name, size: content.size, modified: new Date(modified) };
}

/** Saves sending a body that is bound to be refused. */
async function refuseEarly(database: Database, key: string, signal: AbortSignal | undefined): Promise<void> {
  const text = "SELECT 1 FROM SCHEMA.objects WHERE key = $1";
  if ((await database.run({ text, values: [key], doing: `read ${key}`, signal })).length > 0)
    throw alreadyExists("postgres", key);
}

/**
 * Makes a body visible, and brings that to a known outcome: after an answer that was lost, the token in the row tells
 * whether it is this put's.
 */
async function makeVisible(
  database: Database,
  key: string,
  content: Content,
  { if: condition, signal }: PutOptions,
): Promise<Made> {
  const token = randomUUID();
  const ifAbsent = condition === "absent";
  // Mostly a row takes the place of none, or of a row: nothing but the object changes.
  let plain = content.body === null;
  const values = [key, content.size, token, content.body ?? content.bytes];
  const doing = `write ${key}`;
  let doubtful = false;
  for (let failures = 0; ;) {
    let cause: unknown;
    try {
      const text = plain ? publishingRow(ifAbsent) : publishing(ifAbsent, content.body !== null);
      const [made] = await database.once<Made>({ text, values, doing, signal });
      if (made !== undefined) return made;
      if (plain && !ifAbsent) {
        plain = false;
        continue;
      }
    } catch (error) {
      throwIfAborted(signal);
      const { transient, uncertain } = classify(error);
      doubtful ||= uncertain;
      if (!transient || ++failures >= database.settings.attempts)
        throw doubtful ? unknown(key, error) : explain(error, doing, database.settings.schema);
      cause = error;
      await database.backOff(failures, signal);
    }
    const found = await find(database, key, token, signal, cause, doubtful);
    if (found?.ours === true) return { modified: found.modified, previous: null };
    if (found !== undefined && ifAbsent) throw alreadyExists("postgres", key);
    // Nothing was made, and nothing stood in its way: the body is not there any more, unless it was published and replaced.
    if (cause === undefined && content.body !== null) throw doubtful ? unknown(key, cause) : abandoned();
  }
}

async function find(
  database: Database,
  key: string,
  token: string,
  signal: AbortSignal | undefined,
  cause: unknown,
  doubtful: boolean,
): Promise<{ readonly modified: number; readonly ours: boolean } | undefined> {
  try {
    const [row] = await database.run<{ modified: number; ours: boolean }>({
      text: `SELECT ${milliseconds} AS modified, token = $2 AS ours FROM SCHEMA.objects WHERE key = $1`,
      values: [key, token],
      doing: `read ${key}`,
      signal,
    });
    return row;
  } catch (error) {
    throwIfAborted(signal);
    throw doubtful ? unknown(key, cause) : error;
  }
}

function unknown(key: string, cause: unknown): ModelkeepError {
  return unknownOutcome("postgres", key, "the connection was lost", cause);
}

/** By the server's clock. */
export const milliseconds = "floor(extract(epoch FROM modified) * 1000)::float8";

/** The object alone; nothing is made where another one is in the way: any with `ifAbsent`, else one whose bytes lie in pieces. */
function publishingRow(ifAbsent: boolean): string {
  const conflict = ifAbsent
    ? "DO NOTHING"
    : `(key) DO UPDATE SET size = EXCLUDED.size, modified = EXCLUDED.modified, token = EXCLUDED.token,
        bytes = EXCLUDED.bytes, previous = NULL WHERE objects.body IS NULL`;
  return `INSERT INTO SCHEMA.objects AS objects (key, size, modified, token, bytes)
    VALUES ($1, $2, clock_timestamp(), $3, $4) ON CONFLICT ${conflict} RETURNING ${milliseconds} AS modified, previous`;
}

/** One statement: the object, and what becomes of the bodies behind it, now and before. */
function publishing(ifAbsent: boolean, inPieces: boolean): string {
  const source = inPieces
    ? "SELECT $1, $2::bigint, clock_timestamp(), $3::uuid, NULL::bytea, body FROM (SELECT body FROM SCHEMA.unpublished WHERE body = $4 AND touched > '-infinity' FOR UPDATE) AS written"
    : "VALUES ($1, $2::bigint, clock_timestamp(), $3::uuid, $4::bytea, NULL::bigint)";
  const conflict = ifAbsent
    ? "DO NOTHING"
    : `(key) DO UPDATE SET size = EXCLUDED.size, modified = EXCLUDED.modified, token = EXCLUDED.token,
        bytes = EXCLUDED.bytes, previous = objects.body, body = EXCLUDED.body`;
  return `WITH made AS (
      INSERT INTO SCHEMA.objects AS objects (key, size, modified, token, bytes, body) ${source}
      ON CONFLICT ${conflict} RETURNING modified, previous
    ), published AS (
      DELETE FROM SCHEMA.unpublished WHERE ${inPieces ? "body = $4 AND EXISTS (SELECT FROM made)" : "false"}
    ), replaced AS (
      INSERT INTO SCHEMA.unpublished SELECT previous, '-infinity' FROM made WHERE previous IS NOT NULL ON CONFLICT DO NOTHING
    )
    SELECT ${milliseconds} AS modified, previous FROM made`;
}

/** Copies a body into pieces of the size of a row, the last one excepted. */
async function* cut(
  chunks: AsyncIterable<Uint8Array>,
  expected = Infinity,
): AsyncGenerator<Uint8Array, void, undefined> {
  let piece: Uint8Array | undefined;
  let filled = 0;
  let left = expected;
  for await (const chunk of chunks)
    for (let start = 0; start < chunk.length;) {
      piece ??= new Uint8Array(Math.min(pieceSize, left));
      const part = chunk.subarray(start, start + piece.length - filled);
      piece.set(part, filled);
      filled += part.length;
      start += part.length;
      left -= part.length;
      if (filled < piece.length) continue;
      yield piece;
      piece = undefined;
      filled = 0;
    }
  if (piece !== undefined) yield piece.subarray(0, filled);
}
