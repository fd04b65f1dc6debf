import {
  alreadyExists,
  checkKey,
  checkPrefix,
  checkPut,
  collect,
  compareCodePoints,
  groupEntry,
  groupOf,
  type ObjectInfo,
  readBody,
  type Store,
  storedParts,
  throwIfAborted,
} from "@modelkeep/core";

/** A client for some key-value database. */
export interface Database {
  read(key: string): Promise<Row | undefined>;
  write(key: string, row: Row): Promise<void>;
  /** False if the key was there. This is what everything rests on: the database must decide it, not the client. */
  create(key: string, row: Row): Promise<boolean>;
  remove(key: string): Promise<void>;
  /** In any order. */
  keys(): Promise<string[]>;
}
export interface Row {
  readonly bytes: Uint8Array;
  readonly modified: Date;
}

/** A database for tests. Yours is the client of a real one. */
export function memoryDatabase(rows = new Map<string, Row>()): Database {
  return {
    read: async (key) => rows.get(key),
    write: async (key, row) => void rows.set(key, row),
    create: async (key, row) => !rows.has(key) && Boolean(rows.set(key, row)),
    remove: async (key) => void rows.delete(key),
    keys: async () => [...rows.keys()],
  };
}

/** A store on a database that can create a row only if its key is absent, atomically. */
export function exampleStore(database: Database): Store {
  const info = (key: string, { bytes, modified }: Row): ObjectInfo => ({ key, size: bytes.length, modified });
  const store: Store = {
    name: "example",
    supports: { putIfAbsent: true, lateKey: false },

    async head(key, { signal } = {}) {
      checkKey(key);
      throwIfAborted(signal);
      const row = await database.read(key);
      return row && info(key, row);
    },

    async get(key, { range, signal } = {}) {
      checkKey(key);
      throwIfAborted(signal);
      const row = await database.read(key);
      if (row === undefined) return undefined;
      return storedParts(info(key, row), range, async function* (from, to, signal) {
        for (let at = from; at < to; at += 2 ** 20) {
          throwIfAborted(signal);
          yield row.bytes.slice(at, Math.min(at + 2 ** 20, to)); // a copy: the reader may change it
        }
      });
    },

    async put(key, body, options = {}) {
      checkPut(store, key, options);
      const bytes = await collect(readBody(body, options)); // copies: the caller's buffers are the caller's
      throwIfAborted(options.signal);
      const row = { bytes, modified: new Date() };
      if (options.if !== "absent") await database.write(key as string, row);
      else if (!(await database.create(key as string, row))) throw alreadyExists(store.name, key as string);
      return info(key as string, row);
    },

    async delete(key, { signal } = {}) {
      checkKey(key);
      throwIfAborted(signal);
      await database.remove(key);
    },

    async *list(prefix, { after = "", delimiter, signal } = {}) {
      checkPrefix(prefix);
      throwIfAborted(signal);
      const keys = (await database.keys()).filter((key) => key.startsWith(prefix)).sort(compareCodePoints);
      let last = after;
      for (const key of keys) {
        throwIfAborted(signal);
        const group = groupOf(key, prefix, delimiter);
        if (compareCodePoints(group ?? key, last) <= 0) continue; // not asked for, or told of before
        last = group ?? key;
        const row = group === undefined ? await database.read(key) : undefined;
        if (group !== undefined) yield groupEntry(group);
        else if (row !== undefined) yield info(key, row);
      }
    },
  };
  return store;
}
