import { ModelkeepError } from "@modelkeep/core";

import type { Database } from "./database.js";

/** Rows that one statement removes: 64 MiB. */
const piecesAtOnce = 64;

/** Not waited for on the disk: the statement that makes the object is, and with it all that came before. */
const lazily = "settings AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))";
/** A body that is being written says so again after this many milliseconds. */
const touchEvery = 60 * 60 * 1000;
/** Pieces that are on their way at once. */
const side = 3;

/** A body that belongs to no object yet, while it is written: some pieces side by side, in constant memory. */
export class BodyWriter {
  readonly #database: Database;
  readonly #signal: AbortSignal | undefined;
  readonly #underWay = new Set<Promise<void>>();
  #failure: { readonly error: unknown } | undefined;
  #body: string | undefined;
  #pieces = 0;
  #touched = performance.now();

  constructor(database: Database, signal: AbortSignal | undefined) {
    this.#database = database;
    this.#signal = signal;
  }

  /** Its number, once it has a piece. */
  get body(): string | undefined {
    return this.#body;
  }

  async write(piece: Uint8Array): Promise<void> {
    if (this.#body === undefined) {
      this.#body = await this.#begin(piece);
      this.#pieces = 1;
      return;
    }
    if (performance.now() - this.#touched > touchEvery) await this.#touch(this.#body);
    const sending = this.#send(this.#body, this.#pieces++, piece)
      .catch((error: unknown) => {
        this.#failure ??= { error };
      })
      .finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
    if (this.#underWay.size >= side) await Promise.race(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** When all of it is there. */
  async end(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#failure !== undefined) throw this.#failure.error;
  }

  /** Gives it up. What can't be removed now is removed by a later collection. */
  async drop(): Promise<void> {
    await Promise.all(this.#underWay);
    if (this.#body === undefined) return;
    await this.#database
      .run({
        text: "UPDATE SCHEMA.unpublished SET touched = '-infinity' WHERE body = $1",
        values: [this.#body],
        doing: "remove a body",
      })
      .catch(() => undefined);
    await collectQuietly(this.#database);
  }

  async #begin(piece: Uint8Array): Promise<string> {
    // Begun twice, when an answer was lost, the first one is removed as abandoned.
    const [row] = await this.#run<{ body: string }>(
      `WITH ${lazily}, begun AS (INSERT INTO SCHEMA.unpublished DEFAULT VALUES RETURNING body)
      INSERT INTO SCHEMA.pieces SELECT body, 0, $1::bytea FROM begun, settings RETURNING body`,
      [piece],
    );
    return row!.body;
  }

  async #send(body: string, index: number, piece: Uint8Array): Promise<void> {
    // The lock keeps a collection from beginning with this body until the piece is there.
    const rows = await this.#run(
      `WITH ${lazily}, live AS (
        SELECT body FROM SCHEMA.unpublished WHERE body = $1 AND touched > '-infinity' FOR SHARE
      )
      INSERT INTO SCHEMA.pieces SELECT body, $2::integer, $3::bytea FROM live, settings
      ON CONFLICT (body, piece) DO UPDATE SET bytes = EXCLUDED.bytes RETURNING piece`,
      [body, index, piece],
    );
    if (rows.length === 0) throw abandoned();
  }

  async #touch(body: string): Promise<void> {
    const rows = await this.#run(
      "UPDATE SCHEMA.unpublished SET touched = clock_timestamp() WHERE body = $1 AND touched > '-infinity' RETURNING body",
      [body],
    );
    if (rows.length === 0) throw abandoned();
    this.#touched = performance.now();
  }

  #run<T>(text: string, values: readonly unknown[]): Promise<T[]> {
    return this.#database.run<T>({ text, values, doing: "write a body", signal: this.#signal });
  }
}

export function abandoned(): ModelkeepError {
  return new ModelkeepError(
    "io_error",
    "[postgres] The body stalled for so long that it was removed as abandoned: put it again",
  );
}

/** Removes bodies that were dropped, and those that nobody has written to for a day, in steps. What is left is removed by the next collection. */
export async function collectQuietly(database: Database): Promise<void> {
  try {
    while (await collectNext(database));
  } catch {
    // The object that was put or deleted is; this is only about room.
  }
}

async function collectNext(database: Database): Promise<boolean> {
  const doing = "remove a body";
  // One collector at a time works on a body, and nobody writes to it any more.
  const [found] = await database.run<{ body: string }>({
    text: `UPDATE SCHEMA.unpublished SET touched = '-infinity' WHERE body = (
        SELECT body FROM SCHEMA.unpublished WHERE touched < clock_timestamp() - interval '1 day'
        ORDER BY touched LIMIT 1 FOR UPDATE SKIP LOCKED
      ) RETURNING body`,
    doing,
  });
  if (found === undefined) return false;
  const removed = await database.run({
    text: `DELETE FROM SCHEMA.pieces WHERE body = $1 AND piece IN (
        SELECT piece FROM SCHEMA.pieces WHERE body = $1 LIMIT ${piecesAtOnce}
      ) RETURNING piece`,
    values: [found.body],
    doing,
  });
  if (removed.length < piecesAtOnce)
    await database.run({ text: "DELETE FROM SCHEMA.unpublished WHERE body = $1", values: [found.body], doing });
  return true;
}
