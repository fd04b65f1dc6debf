import { alreadyExists, checkKey, ModelkeepError, readBody, throwIfAborted } from "@modelkeep/core";
import type { Body, ObjectInfo, PutOptions } from "@modelkeep/core";
import { abandonBody, beginBody, collectBodies, dropBody, piecesAtOnce, touchBody, writePieces } from "./bodies.js";
import type { Database, Prepare } from "./database.js";
import { pieceSize } from "./schema.js";

/**
 * Writes small bodies in one transaction. Larger ones go ahead in pieces that belong to no object, some at a time; the
 * last transaction, a small one, makes them one.
 */
export async function putObject(
  database: Database,
  key: string | (() => string),
  body: Body,
  options: PutOptions,
): Promise<ObjectInfo> {
  const { signal } = options;
  // First of all, for an array is copied by this call.
  const chunks = readBody(body, options);
  if (typeof key === "string" && options.if === "absent") await refuseEarly(database, key, signal);

  let number: number | undefined;
  let written = 0;
  let size = 0;
  const held: Uint8Array[] = [];
  const writeHeld = (prepare: Prepare): number => {
    if (number !== undefined && !touchBody(prepare, number))
      throw new ModelkeepError("io_error", "[sqlite] The body stalled for so long that it was removed: put it again");
    const to = number ?? beginBody(prepare);
    writePieces(prepare, to, written, held);
    return to;
  };

  try {
    for await (const piece of cut(chunks)) {
      held.push(piece);
      size += piece.length;
      if (held.length < piecesAtOnce) continue;
      number = await database.write(writeHeld, { signal, durable: false });
      written += held.length;
      held.length = 0;
    }
    const name = typeof key === "string" ? key : checkKey(key());
    throwIfAborted(signal);
    const published = await database.write((prepare) => publish(prepare, name, writeHeld(prepare), size, options), {
      signal,
    });
    if (published.leftover) await collectQuietly(database);
    return { key: name, size, modified: new Date(published.modified) };
  } catch (error) {
    const begun = number;
    if (begun !== undefined) {
      await database.write((prepare) => abandonBody(prepare, begun), { durable: false }).catch(() => undefined);
      await collectQuietly(database);
    }
    throw error;
  }
}

/** Saves writing a body that is bound to be refused. */
async function refuseEarly(database: Database, key: string, signal: AbortSignal | undefined): Promise<void> {
  const found = await database.read((prepare) => prepare("SELECT 1 FROM objects WHERE key = ?").get(key), signal);
  if (found !== undefined) throw alreadyExists("sqlite", key);
}

function publish(
  prepare: Prepare,
  key: string,
  body: number,
  size: number,
  options: PutOptions,
): { modified: number; leftover: boolean } {
  const old = prepare("SELECT body FROM objects WHERE key = ?").get(key) as { body: number } | undefined;
  if (old !== undefined && options.if === "absent") throw alreadyExists("sqlite", key);
  const modified = Date.now();
  prepare(
    `INSERT INTO objects (key, body, size, modified) VALUES (?1, ?2, ?3, ?4)
     ON CONFLICT DO UPDATE SET body = ?2, size = ?3, modified = ?4`,
  ).run(key, body, size, modified);
  prepare("DELETE FROM unpublished WHERE body = ?").run(body);
  return { modified, leftover: old !== undefined && !dropBody(prepare, old.body) };
}

/** What is left is removed by somebody's next collection. */
export async function collectQuietly(database: Database): Promise<void> {
  await collectBodies(database).catch(() => undefined);
}

/** Copies a body into pieces of the size of a row, the last one excepted. */
async function* cut(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  let piece: Uint8Array | undefined;
  let filled = 0;
  for await (const chunk of chunks)
    for (let start = 0; start < chunk.length;) {
      piece ??= new Uint8Array(pieceSize);
      const part = chunk.subarray(start, start + pieceSize - filled);
      piece.set(part, filled);
      filled += part.length;
      start += part.length;
      if (filled < pieceSize) continue;
      yield piece;
      piece = undefined;
      filled = 0;
    }
  if (piece !== undefined) yield piece.subarray(0, filled);
}
