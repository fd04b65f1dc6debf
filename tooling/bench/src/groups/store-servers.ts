import { randomBytes } from "node:crypto";

import type { Server } from "./stores.js";

const scratch = () => `bench_${randomBytes(4).toString("hex")}`;

export async function postgresServer(url: string): Promise<Server> {
  const { createSchema, postgresStore } = await import("@modelkeep/store-postgres");
  const { default: pg } = await import("pg");
  const schema = scratch();
  await createSchema({ url, schema });
  const store = postgresStore({ url, schema });
  const pool = new pg.Pool({ connectionString: url });
  await pool.query(`CREATE TABLE ${schema}.raw (name text PRIMARY KEY, bytes bytea)`);
  await pool.query(`ALTER TABLE ${schema}.raw ALTER COLUMN bytes SET STORAGE EXTERNAL`);
  return {
    store,
    async put(name, bytes) {
      await pool.query(
        `INSERT INTO ${schema}.raw VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET bytes = EXCLUDED.bytes`,
        [name, bytes],
      );
    },
    async get(name) {
      const { rows } = await pool.query<{ bytes: Uint8Array }>(`SELECT bytes FROM ${schema}.raw WHERE name = $1`, [
        name,
      ]);
      return rows[0]!.bytes;
    },
    async close() {
      await store[Symbol.asyncDispose]?.();
      await pool.query(`DROP SCHEMA ${schema} CASCADE`);
      await pool.end();
    },
  };
}
