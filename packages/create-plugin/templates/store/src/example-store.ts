import {
  alreadyExists,
  checkKey,
  checkPrefix,
  checkPut,
  collect,
  compareCodePoints,
  cutRange,
  type ListEntry,
  type ObjectInfo,
  readBody,
  type Store,
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
      const { start, end } = cutRange(row.bytes.length, range);
      const part = row.bytes.subarray(start, end);
      return {
        info: info(key, row),
        async *stream({ signal } = {}) {
          for (let at = 0; at < part.length; at += 2 ** 20) {
            throwIfAborted(signal);
            yield part.slice(at, at + 2 ** 20); // a copy: the reader may change it
          }
        },
        async readInto(target, { offset = 0, progress, signal } = {}) {
          throwIfAborted(signal);
          const piece = part.subarray(offset, offset + target.length);
          target.set(piece);
          if (piece.length > 0) progress?.(piece.length);
          return piece.length;
        },
      };
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

    async *list(prefix, { after = "", delimiter = "", signal } = {}) {
      checkPrefix(prefix);
      throwIfAborted(signal);
      const keys = (await database.keys()).filter((key) => key.startsWith(prefix)).sort(compareCodePoints);
      let group: string | undefined;
      for (const key of keys) {
        throwIfAborted(signal);
        const cut = delimiter === "" ? -1 : key.indexOf(delimiter, prefix.length);
        const name = cut < 0 ? key : key.slice(0, cut + delimiter.length);
        if (name === group || compareCodePoints(name, after) <= 0) continue;
        if (cut >= 0) yield { key: (group = name), size: 0, modified: new Date(0), prefix: true } satisfies ListEntry;
        else {
          const row = await database.read(key);
          if (row !== undefined) yield info(key, row);
        }
      }
    },
  };
  return store;
}
