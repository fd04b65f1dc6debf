import { ModelkeepError } from "@modelkeep/core";
import type { PoolConfig } from "pg";

/** Which database, and how it is reached. Everything has a default. */
export interface PostgresStoreOptions {
  /** `postgres://user@host:5432/database`. What it leaves out comes from the environment: PGHOST, PGUSER, PGPASSWORD, ~/.pgpass … */
  readonly url?: string | undefined;
  /** The schema that holds the tables. Default "modelkeep". */
  readonly schema?: string | undefined;
  /** Connections that are open at most. Default 10. */
  readonly connections?: number | undefined;
  /** How often a statement is tried. Default 6. */
  readonly attempts?: number | undefined;
  /** Milliseconds of silence after which a connection counts as lost. Default 60,000. */
  readonly timeout?: number | undefined;
  /** More for `pg`: `ssl`, `password` as a function for tokens that expire, `application_name` … */
  readonly connection?: PoolConfig | undefined;
}

export interface Settings {
  readonly schema: string;
  readonly attempts: number;
  readonly pool: PoolConfig;
}

export function readOptions(options: PostgresStoreOptions): Settings {
  const { url, connections = 10, attempts = 6, timeout = 60_000, connection } = options;
  const fromUrl = url === undefined ? undefined : parsePostgresUrl(url);
  const schema = options.schema ?? fromUrl?.schema ?? "modelkeep";
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/u.test(schema))
    throw new ModelkeepError(
      "invalid_input",
      `[postgres] A schema's name has letters, digits and "_" only, at most 63, unlike ${JSON.stringify(schema)}`,
    );
  return {
    schema: `"${schema}"`,
    attempts,
    pool: {
      ...(fromUrl !== undefined && { connectionString: fromUrl.url }),
      max: connections,
      connectionTimeoutMillis: Math.min(timeout, 15_000),
      query_timeout: timeout,
      keepAlive: true,
      // A program that has nothing else to do may end without closing the store.
      allowExitOnIdle: true,
      application_name: "modelkeep",
      ...connection,
    },
  };
}

/** A URL as PostgreSQL's own tools take it, and `schema`, which is ours. */
export function parsePostgresUrl(text: string): { readonly url: string; readonly schema?: string } {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    // Not quoted: it may hold a password.
    throw new ModelkeepError(
      "invalid_input",
      "[postgres] That is no URL: postgres://user@host:5432/database?schema=…",
      {
        cause,
      },
    );
  }
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:")
    throw new ModelkeepError("invalid_input", `[postgres] A URL begins with postgres://, not ${url.protocol}`);
  const schema = url.searchParams.get("schema");
  url.searchParams.delete("schema");
  return { url: url.href, ...(schema !== null && { schema }) };
}
