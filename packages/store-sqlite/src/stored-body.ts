import { setImmediate as breath } from "node:timers/promises";
import { deletedSince, ModelkeepError, replacedSince, storedParts, throwIfAborted } from "@modelkeep/core";
import type { GetOptions, ObjectInfo, StoredObject } from "@modelkeep/core";
import type { Database, Prepare } from "./database.js";
import { mostPieces, pieceSize } from "./schema.js";

/** Rows between two breaths of the event loop. */
const piecesPerBreath = 4;

/** An object whose bytes are the rows of `body`: a read touches only those that its range lies in. */
export function storedBody(
  database: Database,
  body: number,
  info: ObjectInfo,
  range: GetOptions["range"],
): StoredObject {
  /** The parts of rows that lie between two positions in the object, each in a breath's time. */
  async function* parts(from: number, to: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for (let position = from, turn = 1; position < to; turn++) {
      throwIfAborted(signal);
      const index = Math.floor(position / pieceSize);
      const begin = position - index * pieceSize;
      const length = Math.min(pieceSize - begin, to - position);
      yield await readPart(index, begin, length, signal);
      position += length;
      if (turn % piecesPerBreath === 0) await breath();
    }
  }

  async function readPart(index: number, begin: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const piece = body * mostPieces + index;
    const expected = Math.min(pieceSize, info.size - index * pieceSize);
    const row = await database.read(
      (prepare) =>
        prepare("SELECT length(bytes) AS length, substr(bytes, ?, ?) AS part FROM pieces WHERE piece = ?").get(
          begin + 1,
          length,
          piece,
        ) as { length: number; part: Uint8Array } | undefined,
      signal,
    );
    if (row === undefined) throw (await database.read((prepare) => lost(prepare, info.key, body), signal)) as Error;
    if (row.length !== expected || row.part.length !== length) throw damaged(info.key);
    return row.part;
  }

  return storedParts(info, range, parts);
}

/** Why a row is not there: somebody deleted or replaced the object since it was opened, or the file has lost it. */
function lost(prepare: Prepare, key: string, body: number): ModelkeepError {
  const row = prepare("SELECT body FROM objects WHERE key = ?").get(key) as { body: number } | undefined;
  if (row === undefined) return deletedSince("sqlite", key);
  return row.body === body ? damaged(key) : replacedSince("sqlite", key);
}

function damaged(key: string): ModelkeepError {
  return new ModelkeepError("malformed", `[sqlite] ${key} lacks some of its bytes: the file is damaged`);
}
