import { deletedSince, ModelkeepError, replacedSince, storedParts, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ObjectInfo, StoredObject } from "@modelkeep/core";

import type { Database } from "./database.js";
import { pieceSize } from "./schema.js";

/** Where an object's bytes are: at hand, or in pieces. */
export type Where = { readonly bytes: Uint8Array } | { readonly body: string };

/** Pieces that are asked for while earlier ones are dealt with. */
const ahead = 3;

/** An object whose bytes are read piece by piece, some of them ahead: a read asks only for those that its range lies in. */
export function storedBody(
  database: Database,
  where: Where,
  info: ObjectInfo,
  range: GetOptions["range"],
): StoredObject {
  async function* parts(from: number, to: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    if ("bytes" in where) {
      yield where.bytes.slice(from, to);
      return;
    }
    const asked: Promise<Uint8Array>[] = [];
    const ask = (position: number): number => {
      const index = Math.floor(position / pieceSize);
      const begin = position - index * pieceSize;
      const length = Math.min(pieceSize - begin, to - position);
      const part = readPart(where.body, index, begin, length, signal);
      part.catch(() => undefined);
      asked.push(part);
      return position + length;
    };
    for (let position = from; position < to || asked.length > 0;) {
      while (position < to && asked.length < ahead) position = ask(position);
      const part = await asked.shift()!;
      throwIfAborted(signal);
      yield part;
    }
  }

  async function readPart(
    body: string,
    index: number,
    begin: number,
    length: number,
    signal: AbortSignal | undefined,
  ): Promise<Uint8Array> {
    const expected = Math.min(pieceSize, info.size - index * pieceSize);
    const [row] = await database.run<{ length: number; part: Uint8Array }>({
      text: `SELECT octet_length(bytes) AS length, ${length === expected ? "bytes" : "substring(bytes FROM $3::integer FOR $4::integer)"} AS part
        FROM SCHEMA.pieces WHERE body = $1 AND piece = $2`,
      values: length === expected ? [body, index] : [body, index, begin + 1, length],
      doing: `read ${info.key}`,
      signal,
    });
    if (row === undefined) throw await lost(database, info.key, body, signal);
    if (row.length !== expected || row.part.length !== length) throw damaged(info.key);
    return row.part;
  }

  return storedParts(info, range, parts);
}

/** Why a piece is not there: somebody deleted or replaced the object since it was opened, or the database has lost it. */
async function lost(
  database: Database,
  key: string,
  body: string,
  signal: AbortSignal | undefined,
): Promise<ModelkeepError> {
  const [row] = await database.run<{ body: string | null }>({
    text: "SELECT body FROM SCHEMA.objects WHERE key = $1",
    values: [key],
    doing: `read ${key}`,
    signal,
  });
  if (row === undefined) return deletedSince("postgres", key);
  return row.body === body ? damaged(key) : replacedSince("postgres", key);
}

function damaged(key: string): ModelkeepError {
  return new ModelkeepError(
    "malformed",
    `[postgres] Bytes of ${key} are missing in the database: restore them from a backup`,
  );
}
