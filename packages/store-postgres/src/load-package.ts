import { ModelkeepError } from "@modelkeep/core";
import type * as Client from "pg";

/** The client, loaded with the first use; where it was left out, the error says how to get it. */
export async function loadPackage(): Promise<Pick<typeof Client, "Pool">> {
  try {
    return (await import("pg")).default;
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ModelkeepError("missing_package", "[postgres] PostgreSQL needs the package pg: npm install pg", {
      cause,
      details: { package: "pg" },
    });
  }
}
