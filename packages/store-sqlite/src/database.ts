import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { DatabaseSyncInstance, StatementSyncInstance } from "@photostructure/sqlite";
import { prepareSchema } from "./schema.js";

const busy = 5;
const diskFailed = 10;
const corrupt = 11;

/** What the store asks of a connection to SQLite. */
export type Connection = Pick<DatabaseSyncInstance, "exec" | "prepare" | "close" | "isOpen" | "isTransaction">;

/** What a transaction works with. */
export type Prepare = (query: string) => StatementSyncInstance;

export interface TransactionOptions {
  readonly signal?: AbortSignal | undefined;
  /** On the disk when it is acknowledged. Otherwise it gets there with the next one that is. Default true. */
  readonly durable?: boolean;
}

/**
 * One connection to the file. Every use of it is one step without an await in between, short enough for the event loop;
 * where other processes hold the lock, it waits outside of SQLite and tries again.
 */
export class Database {
  readonly #statements = new Map<string, StatementSyncInstance>();
  #opening: Promise<Connection> | undefined;
  #closed = false;

  constructor(
    readonly file: string,
    readonly patience: number,
    /** Stands between the store and each connection. */
    readonly between: (connection: Connection) => Connection,
  ) {}

  /** Reading; undefined while there is no file. */
  async read<T>(action: (prepare: Prepare) => T, signal?: AbortSignal): Promise<T | undefined> {
    if (this.#opening === undefined && !this.#closed && !existsSync(this.file)) return undefined;
    const database = await this.#open();
    return this.#retry(() => action(this.#prepareIn(database)), signal);
  }

  /** Writing: all of it or nothing. */
  async write<T>(action: (prepare: Prepare) => T, { signal, durable = true }: TransactionOptions = {}): Promise<T> {
    const database = await this.#open();
    const transaction = (): T => {
      // Cannot be changed within a transaction. https://sqlite.org/pragma.html#pragma_synchronous
      database.exec(durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
      database.exec("BEGIN IMMEDIATE");
      try {
        const result = action(this.#prepareIn(database));
        this.#commit(database, durable);
        return result;
      } catch (error) {
        if (database.isTransaction) database.exec("ROLLBACK");
        throw error;
      }
    };
    return this.#retry(transaction, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const database = await this.#opening?.catch(() => undefined);
    this.#statements.clear();
    if (database?.isOpen !== true) return;
    try {
      // The library ends a connection only once its statements are collected: until then SQLite itself would not do this.
      database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch (error) {
      // Whoever opens the file next reads the write-ahead log.
      if (resultCode(error) === undefined) throw error;
    }
    database.close();
  }

  /**
   * Where the disk fails while it commits, the last bytes may be on it all the same, and count once every process has let go
   * of the file. (Where it is full they are not: they did not fit.)
   */
  #commit(database: Connection, durable: boolean): void {
    try {
      database.exec("COMMIT");
    } catch (error) {
      const result = resultCode(error);
      if (!durable || result === undefined || (result & 0xff) !== diskFailed) throw error;
      throw new ModelkeepError(
        "unknown_outcome",
        `[sqlite] ${this.file}: ${(error as Error).message}, while a change was brought to the disk: whether it is there is not known. Look at the disk, then at what is there`,
        { cause: error },
      );
    }
  }

  #prepareIn(database: Connection): Prepare {
    if (!database.isOpen) throw new ModelkeepError("io_error", `[sqlite] ${this.file} was closed`);
    return (query) => {
      let statement = this.#statements.get(query);
      if (statement === undefined) this.#statements.set(query, (statement = database.prepare(query)));
      return statement;
    };
  }

  async #open(): Promise<Connection> {
    if (this.#closed) throw new ModelkeepError("io_error", `[sqlite] ${this.file} was closed`);
    this.#opening ??= this.#openAnew().catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
    return this.#opening;
  }

  async #openAnew(): Promise<Connection> {
    const { DatabaseSync } = await import("@photostructure/sqlite");
    await mkdir(dirname(this.file), { recursive: true });
    const database = this.between(
      await this.#retry(() => new DatabaseSync(this.file, { timeout: 0, defensive: true })),
    );
    try {
      await this.#retry(() => prepareSchema(database, this.file));
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  }

  async #retry<T>(action: () => T, signal?: AbortSignal): Promise<T> {
    const deadline = performance.now() + this.patience;
    for (let turn = 0; ; turn++) {
      try {
        return action();
      } catch (error) {
        const result = resultCode(error);
        if (result === undefined || (result & 0xff) !== busy || performance.now() > deadline)
          throw this.#named(error, result);
      }
      await pause(Math.random() * Math.min(2 ** turn, 50));
      throwIfAborted(signal);
    }
  }

  #named(error: unknown, result: number | undefined): unknown {
    if (result === undefined) return error;
    const { message } = error as Error;
    const known = troubles[lostSchema.test(message) ? corrupt : result & 0xff];
    const [code, advice] = known ?? ["io_error", "look at the disk"];
    return new ModelkeepError(code, `[sqlite] ${this.file}: ${message}; ${advice}`, { cause: error });
  }
}

/** Our own tables under other names: bytes of the schema have changed. */
const lostSchema = /^(?:no such (?:table|column)|table \w+ has no column)/u;

/** By primary result code, https://sqlite.org/rescode.html */
const troubles: Readonly<Record<number, readonly [code: string, advice: string]>> = {
  3: ["io_error", "look at the permissions of the file and its folder"],
  5: ["io_error", "another process holds the lock all the time: try again, or with a longer `patience`"],
  8: ["io_error", "the file or its folder is read-only"],
  [corrupt]: ["malformed", "the file is damaged: restore it from a backup"],
  13: ["io_error", "make room, then try again"],
  14: ["io_error", "look at the folder and its permissions"],
  26: ["malformed", "the file is no SQLite database"],
};

/** What SQLite says where the library passes no number on: of rows after the first. https://sqlite.org/c3ref/errcode.html */
const sayings: readonly (readonly [saying: string, result: number])[] = [
  ["database is locked", busy],
  ["disk I/O error", diskFailed],
  ["database disk image is malformed", corrupt],
  ["database or disk is full", 13],
  ["file is not a database", 26],
];
const anyOther = 1;

function resultCode(error: unknown): number | undefined {
  const { code, errcode } = error instanceof Error ? (error as { code?: unknown; errcode?: unknown }) : {};
  if (code !== "ERR_SQLITE_ERROR") return undefined;
  if (typeof errcode === "number") return errcode;
  return sayings.find(([saying]) => (error as Error).message.includes(saying))?.[1] ?? anyOther;
}
