import { backOff, loadPackage, ModelkeepError, throwIfAborted } from "@modelkeep/core";
import type { Pool, PoolClient } from "pg";

import { classify, explain } from "./failure.js";
import type { Settings } from "./options.js";
import { checkFormat, type Send } from "./schema.js";

type Row = Readonly<Record<string, unknown>>;

export interface Statement {
  /** With `SCHEMA.` before each table. */
  readonly text: string;
  readonly values?: readonly unknown[];
  /** "read models/a": for messages. */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The way to one schema of a database. Each use is one statement, whole or not at all, on any connection of the pool, and
 * none is held while something else is waited for: so it works behind PgBouncer, whichever its mode.
 */
export class Database {
  readonly settings: Settings;
  #pool: Promise<Pool> | undefined;
  #checked: Promise<void> | undefined;
  #closed = false;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** For statements that may be done twice: tried again while that may help. */
  async run<T = Row>(statement: Statement): Promise<T[]> {
    for (let failures = 0; ;) {
      try {
        return await this.once<T>(statement);
      } catch (error) {
        throwIfAborted(statement.signal);
        if (!classify(error).transient || ++failures >= this.settings.attempts)
          throw explain(error, statement.doing, this.settings.schema);
        await this.backOff(failures, statement.signal);
      }
    }
  }

  /** One try; errors are the client's own. */
  async once<T = Row>({ text, values = [], signal }: Statement): Promise<T[]> {
    throwIfAborted(signal);
    // A store of another format must not be written to.
    await (this.#checked ??= checkFormat((query) => this.#send(query, [], undefined)).catch((error: unknown) => {
      this.#checked = undefined;
      throw error;
    }));
    return this.#send<T>(text, values, signal);
  }

  /** Several statements that take effect together, without a check of what is there. */
  async transaction(work: (send: Send) => Promise<void>): Promise<void> {
    const client = await this.#connect();
    let broken = true;
    try {
      const send = async (text: string) => (await client.query<Row>(this.#named(text))).rows;
      await send("BEGIN");
      try {
        await work(send);
        await send("COMMIT");
      } catch (error) {
        await send("ROLLBACK");
        throw error;
      } finally {
        broken = false;
      }
    } finally {
      client.release(broken);
    }
  }

  async backOff(failures: number, signal: AbortSignal | undefined): Promise<void> {
    await backOff({ firstDelay: 100, longestDelay: 5000 }, failures, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const pool = await this.#pool?.catch(() => undefined);
    this.#pool = undefined;
    await pool?.end();
  }

  async #send<T>(text: string, values: readonly unknown[], signal: AbortSignal | undefined): Promise<T[]> {
    const client = await this.#connect();
    let broken = false;
    let stop: (() => void) | undefined;
    try {
      const answer = client.query(this.#named(text), values as unknown[]);
      if (signal === undefined) return (await answer).rows as T[];
      // Whoever gives up does not wait: the connection is closed, and with it the statement ends as it may.
      const aborted = new Promise<never>((_, reject) => {
        stop = () => reject(new ModelkeepError("aborted", "The operation was aborted by its caller"));
        signal.addEventListener("abort", stop, { once: true });
      });
      answer.catch(() => undefined);
      return (await Promise.race([answer, aborted])).rows as T[];
    } catch (error) {
      broken = signal?.aborted === true || classify(error).uncertain;
      throwIfAborted(signal);
      throw error;
    } finally {
      if (stop !== undefined) signal?.removeEventListener("abort", stop);
      client.release(broken);
    }
  }

  async #connect(): Promise<PoolClient> {
    if (this.#closed) throw new ModelkeepError("io_error", "[postgres] The store was closed");
    return (await (this.#pool ??= this.#open())).connect();
  }

  async #open(): Promise<Pool> {
    // CommonJS: what it exports is its default.
    const { default: pg } = await loadPackage("postgres", "pg", () => import("pg"));
    const pool = new pg.Pool(this.settings.pool);
    // A connection that fails while nobody uses it is replaced by the next use.
    pool.on("error", () => undefined);
    // One that fails in use is told of by its statement as well.
    pool.on("connect", (client) => client.on("error", () => undefined));
    return pool;
  }

  #named(text: string): string {
    return text.replaceAll("SCHEMA.", `${this.settings.schema}.`);
  }
}
