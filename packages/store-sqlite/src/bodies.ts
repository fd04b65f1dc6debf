import type { Database, Prepare } from "./database.js";
import { mostPieces, pieceSize } from "./schema.js";
import { ModelkeepError } from "@modelkeep/core";

/** Rows that one transaction writes or removes: 1 MiB, a few milliseconds. */
export const piecesAtOnce = 4;

/** A body that nobody has written to for so long belongs to a process that ended. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/** Begins a body that belongs to no object yet. */
export function beginBody(prepare: Prepare): number {
  const row = prepare("INSERT INTO unpublished (touched) VALUES (?) RETURNING body").get(Date.now()) as {
    body: number;
  };
  return row.body;
}

export function writePieces(prepare: Prepare, body: number, from: number, pieces: readonly Uint8Array[]): void {
  if (from + pieces.length > mostPieces)
    throw new ModelkeepError("limit_exceeded", `[sqlite] A body has at most ${mostPieces * pieceSize} bytes`);
  const insert = prepare("INSERT INTO pieces (piece, bytes) VALUES (?, ?)");
  for (const [index, bytes] of pieces.entries()) insert.run(body * mostPieces + from + index, bytes);
}

/** Keeps a body from being taken for abandoned; false when it was. */
export function touchBody(prepare: Prepare, body: number): boolean {
  return prepare("UPDATE unpublished SET touched = ? WHERE body = ?").run(Date.now(), body).changes === 1;
}

/** Takes leave of a body: at once where it is small, later and step by step where it is not. True if it is gone. */
export function dropBody(prepare: Prepare, body: number): boolean {
  prepare("INSERT INTO unpublished (body, touched) VALUES (?, 0) ON CONFLICT DO UPDATE SET touched = 0").run(body);
  return removeSome(prepare, body);
}

/** Takes leave of a body that was begun, unless it has come to belong to an object after all: a commit may fail and be done. */
export function abandonBody(prepare: Prepare, body: number): void {
  if (prepare("UPDATE unpublished SET touched = 0 WHERE body = ?").run(body).changes === 1) removeSome(prepare, body);
}

/** Removes the bodies that were dropped or abandoned, in steps that leave room for other writers. */
export async function collectBodies(database: Database): Promise<void> {
  const removeNext = (prepare: Prepare): boolean => {
    const row = prepare("SELECT body FROM unpublished WHERE touched < ? ORDER BY touched LIMIT 1").get(
      Date.now() - abandonedAfter,
    ) as { body: number } | undefined;
    if (row !== undefined) removeSome(prepare, row.body);
    return row !== undefined;
  };
  while (await database.write(removeNext, { durable: false }));
}

function removeSome(prepare: Prepare, body: number): boolean {
  const first = body * mostPieces;
  const { changes } = prepare(
    "DELETE FROM pieces WHERE piece IN (SELECT piece FROM pieces WHERE piece BETWEEN ? AND ? LIMIT ?)",
  ).run(first, first + mostPieces - 1, piecesAtOnce + 1);
  if (changes > piecesAtOnce) return false;
  prepare("DELETE FROM unpublished WHERE body = ?").run(body);
  return true;
}
