import { Client } from "pg";

/** Where the server of the tests is, past any pooler. */
export const url = process.env["MODELKEEP_TEST_POSTGRES"];

/** Statements from outside of the store, as an administrator would send them. */
export async function administer(...statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) ({ rows } = await client.query<Record<string, unknown>>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

export async function dropSchema(schema: string): Promise<void> {
  await administer(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
}
