import { randomBytes } from "node:crypto";

import { runSuite, storeSuite } from "@modelkeep/testkit";
import { describe, test } from "vitest";

import { createSchema, postgresStore } from "../src/index.js";
import { dropSchema } from "./server.js";

/** Through the pooler the same race, shorter: its few connections are what is tried. */
const short = { race: { writers: 32, increments: 20 } };

const servers = {
  PostgreSQL: ["MODELKEEP_TEST_POSTGRES", process.env["MODELKEEP_TEST_POSTGRES"], {}],
  "PostgreSQL behind PgBouncer in transaction mode": [
    "MODELKEEP_TEST_PGBOUNCER",
    process.env["MODELKEEP_TEST_PGBOUNCER"],
    short,
  ],
} as const;

for (const [server, [variable, url, race]] of Object.entries(servers))
  describe.skipIf(url === undefined)(`${server} (needs ${variable})`, () => {
    runSuite(
      storeSuite(async () => {
        const schema = `suite_${randomBytes(6).toString("hex")}`;
        await createSchema({ url, schema });
        const store = postgresStore({ url, schema });
        return {
          store,
          async dispose() {
            await store[Symbol.asyncDispose]?.();
            await dropSchema(schema);
          },
        };
      }, race),
      { test },
      { timeout: 180_000 },
    );
  });
