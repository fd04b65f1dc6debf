import { loadPackage } from "@modelkeep/core";
import type * as Sdk from "@azure/storage-blob";

import type { TokenSource } from "./options.js";

/** The client, loaded with the first request. */
export function loadSdk(): Promise<typeof Sdk> {
  return loadPackage("azure", "@azure/storage-blob", () => import("@azure/storage-blob"));
}

/** What finds credentials of machines and people: as large as the client, and not needed by everybody. */
export async function defaultCredential(): Promise<TokenSource> {
  const name = "@azure/identity";
  const load = () => import(name) as Promise<{ DefaultAzureCredential: new () => TokenSource }>;
  const { DefaultAzureCredential } = await loadPackage("azure", name, load);
  return new DefaultAzureCredential();
}
