import { checkKey, checkPut, throwIfAborted, type ObjectInfo, type Store } from "@modelkeep/core";

import { collectQuietly } from "./bodies.js";
import { Database } from "./database.js";
import { listObjects } from "./list-objects.js";
import { type PostgresStoreOptions, readOptions } from "./options.js";
import { milliseconds, putObject } from "./put-object.js";
import { storedBody } from "./stored-body.js";

interface ObjectRow {
  readonly size: number;
  readonly modified: number;
  readonly bytes: Uint8Array | null;
  readonly body: string | null;
}

/**
 * A store in a schema of a PostgreSQL database, shared by any number of machines, directly or through PgBouncer.
 * `createSchema` makes its tables. Nothing is loaded and no connection made before the first call.
 */
export function postgresStore(options: PostgresStoreOptions = {}): Store {
  const database = new Database(readOptions(options));
  let collected = false;

  async function find(key: string, columns: string, signal: AbortSignal | undefined): Promise<ObjectRow | undefined> {
    checkKey(key);
    const [row] = await database.run<ObjectRow>({
      text: `SELECT size::float8, ${milliseconds} AS modified${columns} FROM SCHEMA.objects WHERE key = $1`,
      values: [key],
      doing: `read ${key}`,
      signal,
    });
    return row;
  }

  const store: Store = {
    name: "postgres",
    supports: { putIfAbsent: true, lateKey: true },

    async head(key, { signal } = {}) {
      const row = await find(key, "", signal);
      return row && describe(key, row);
    },

    async get(key, { range, signal } = {}) {
      const row = await find(key, ", bytes, body", signal);
      if (row === undefined) return undefined;
      const where = row.bytes === null ? { body: row.body! } : { bytes: row.bytes };
      return storedBody(database, where, describe(key, row), range);
    },

    async put(key, body, putOptions = {}) {
      checkPut(store, key, putOptions);
      const info = await putObject(database, key, body, putOptions);
      // Once per process, what crashed ones have left.
      if (!collected) {
        collected = true;
        await collectQuietly(database);
      }
      return info;
    },

    async delete(key, { signal } = {}) {
      checkKey(key);
      throwIfAborted(signal);
      const dropped = await database.run({
        text: `WITH gone AS (DELETE FROM SCHEMA.objects WHERE key = $1 RETURNING body)
          INSERT INTO SCHEMA.unpublished SELECT body, '-infinity' FROM gone WHERE body IS NOT NULL RETURNING body`,
        values: [key],
        doing: `delete ${key}`,
        signal,
      });
      if (dropped.length > 0) await collectQuietly(database);
    },

    list: (prefix, listOptions = {}) => listObjects(database, prefix, listOptions),

    [Symbol.asyncDispose]: () => database.close(),
  };
  return store;
}

/** The store behind `postgres://user@host/database?schema=…`; what a URL cannot say is given beside it. */
export function postgresStoreFromUrl(url: string, options: Omit<PostgresStoreOptions, "url"> = {}): Store {
  return postgresStore({ ...options, url });
}

function describe(key: string, { size, modified }: ObjectRow): ObjectInfo {
  return { key, size, modified: new Date(modified) };
}
