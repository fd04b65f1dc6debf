import { resolve } from "node:path";
import { checkKey, checkPut, throwIfAborted, type ObjectInfo, type Store } from "@modelkeep/core";
import { dropBody } from "./bodies.js";
import { type Connection, Database } from "./database.js";
import { listObjects } from "./list-objects.js";
import { collectQuietly, putObject } from "./put-object.js";
import { storedBody } from "./stored-body.js";

/** How long a lock is waited for. */
export interface SqliteStoreOptions {
  /** Milliseconds to wait for a lock that other processes hold. Default 60,000. */
  readonly patience?: number;
  /** What stands between the store and SQLite, for tests that let its calls fail. */
  readonly between?: (connection: Connection) => Connection;
}

interface ObjectRow {
  readonly body: number;
  readonly size: number;
  readonly modified: number;
}

/**
 * A store in one SQLite file, with its write-ahead log beside it. Any number of processes of one machine may share it.
 * The file is made by the first put; close the store to let go of it.
 */
export function sqliteStore(
  file: string,
  { patience = 60_000, between = (connection) => connection }: SqliteStoreOptions = {},
): Store {
  const database = new Database(resolve(file), patience, between);
  let collected = false;

  async function find(key: string, signal: AbortSignal | undefined): Promise<ObjectRow | undefined> {
    checkKey(key);
    throwIfAborted(signal);
    const select = "SELECT body, size, modified FROM objects WHERE key = ?";
    return database.read((prepare) => prepare(select).get(key) as ObjectRow | undefined, signal);
  }

  const store: Store = {
    name: "sqlite",
    supports: { putIfAbsent: true, lateKey: true },

    async head(key, options = {}) {
      const row = await find(key, options.signal);
      return row && describe(key, row);
    },

    async get(key, options = {}) {
      const row = await find(key, options.signal);
      return row && storedBody(database, row.body, describe(key, row), options.range);
    },

    async put(key, body, options = {}) {
      checkPut(store, key, options);
      const info = await putObject(database, key, body, options);
      // Once per process, what crashed ones have left.
      if (!collected) {
        collected = true;
        await collectQuietly(database);
      }
      return info;
    },

    async delete(key, options = {}) {
      const row = await find(key, options.signal);
      if (row === undefined) return;
      const gone = await database.write((prepare) => {
        const old = prepare("DELETE FROM objects WHERE key = ? RETURNING body").get(key) as ObjectRow | undefined;
        return old === undefined || dropBody(prepare, old.body);
      }, options);
      if (!gone) await collectQuietly(database);
    },

    list: (prefix, options = {}) => listObjects(database, prefix, options),

    async faults({ signal } = {}) {
      throwIfAborted(signal);
      // Only of the table of keys: bodies are held to their digests. https://sqlite.org/pragma.html#pragma_integrity_check
      const query = "PRAGMA integrity_check(objects)";
      const rows = await database.read((prepare) => prepare(query).all() as { integrity_check: string }[], signal);
      return (rows ?? []).map((row) => row.integrity_check).filter((line) => line !== "ok");
    },

    [Symbol.asyncDispose]: () => database.close(),
  };
  return store;
}

function describe(key: string, { size, modified }: ObjectRow): ObjectInfo {
  return { key, size, modified: new Date(modified) };
}
