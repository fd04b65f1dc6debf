import { ModelkeepError } from "@modelkeep/core";
import type { Connection } from "./database.js";

/** "MKST": tells a store's file from other databases (https://sqlite.org/pragma.html#pragma_application_id). */
const applicationId = 0x4d4b5354;
const version = 1;

/** Bytes of a body per row, the last one excepted: changing it is a new version of the schema. */
export const pieceSize = 256 * 1024;
/** Rows that a body may have, which bounds it to 256 GiB. */
export const mostPieces = 2 ** 20;

/*
 * objects      what is visible: a key, and the body behind it. Keys sort as their UTF-8 bytes do.
 * unpublished  bodies that belong to no object: being written (touched lately), or to be removed (touched is 0).
 *              AUTOINCREMENT keeps numbers from being used again, so that a reader never meets another's bytes.
 * pieces       piece = body * 2^20 + position of the row within its body
 */
const tables = `
  CREATE TABLE objects (
    key TEXT PRIMARY KEY, body INTEGER NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE unpublished (body INTEGER PRIMARY KEY AUTOINCREMENT, touched INTEGER NOT NULL) STRICT;
  CREATE TABLE pieces (piece INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
  PRAGMA application_id = ${applicationId};
  PRAGMA user_version = ${version};
`;

/** Prepares a connection. May meet a lock, and is then simply called again. */
export function prepareSchema(database: Connection, file: string): void {
  database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA page_size = 8192;");
  if (isPrepared(database, file)) return;
  database.exec("PRAGMA journal_mode = WAL;");
  database.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been first.
    if (!isPrepared(database, file)) database.exec(tables);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}

function isPrepared(database: Connection, file: string): boolean {
  // In this order: another process makes tables and number in one step, which may fall between the two questions.
  const made = number(database, "SELECT count(*) FROM sqlite_schema");
  const found = number(database, "PRAGMA application_id");
  if (found === 0 && made === 0) return false;
  if (found !== applicationId)
    throw new ModelkeepError("malformed", `[sqlite] ${file} is a database of something else, not a store`);
  const format = number(database, "PRAGMA user_version");
  if (format === version) return true;
  throw new ModelkeepError(
    "unknown_format_version",
    `[sqlite] ${file} has the format ${format}, and this library knows ${version}: use a newer one`,
  );
}

function number(database: Connection, query: string): number {
  const row = database.prepare(query).get() as Readonly<Record<string, unknown>>;
  return Number(Object.values(row)[0]);
}
