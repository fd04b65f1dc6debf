import { ModelkeepError } from "@modelkeep/core";

import { Database } from "./database.js";
import { explain } from "./failure.js";
import { type PostgresStoreOptions, readOptions } from "./options.js";
import { checkFormat, type Send, tables } from "./schema.js";

/** "MKST", as a number: those who make a schema at the same moment take turns. */
const lock = 0x4d4b5354;

/** Makes the tables of a store, if they are not there. True if it made them. */
export async function createSchema(options: PostgresStoreOptions = {}): Promise<boolean> {
  const database = new Database(readOptions(options));
  let made = false;
  try {
    await database.transaction(async (send) => {
      const [encoding] = await send("SELECT current_setting('server_encoding') AS encoding");
      if (encoding?.["encoding"] !== "UTF8")
        throw new ModelkeepError(
          "unsupported",
          `[postgres] The database has the encoding ${String(encoding?.["encoding"])}, and keys need UTF8: use another database`,
        );
      await send(`SELECT pg_advisory_xact_lock(${lock})`);
      if (await exists(send, database.settings.schema)) {
        await checkFormat(send);
        return;
      }
      await send(`CREATE SCHEMA IF NOT EXISTS ${database.settings.schema}`);
      for (const table of tables) await send(table);
      made = true;
    });
    return made;
  } catch (error) {
    throw explain(error, "make the tables", database.settings.schema);
  } finally {
    await database.close();
  }
}

async function exists(send: Send, schema: string): Promise<boolean> {
  const [row] = await send(`SELECT to_regclass('${schema}.about') IS NOT NULL AS there`);
  return row?.["there"] === true;
}
