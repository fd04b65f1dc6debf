import { ModelkeepError } from "@modelkeep/core";
import type * as Sdk from "@azure/storage-blob";

import type { TokenSource } from "./options.js";

/** The client, loaded with the first request; where it was left out, the error says how to get it. */
export function loadSdk(): Promise<typeof Sdk> {
  return needed("@azure/storage-blob", () => import("@azure/storage-blob"));
}

/** What finds credentials of machines and people: as large as the client, and not needed by everybody. */
export async function defaultCredential(): Promise<TokenSource> {
  const name = "@azure/identity";
  const { DefaultAzureCredential } = await needed(
    name,
    () => import(name) as Promise<{ DefaultAzureCredential: new () => TokenSource }>,
  );
  return new DefaultAzureCredential();
}

async function needed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_MODULE_NOT_FOUND") throw cause;
    throw new ModelkeepError("missing_package", `[azure] This needs the package ${name}: npm install ${name}`, {
      cause,
      details: { package: name },
    });
  }
}
