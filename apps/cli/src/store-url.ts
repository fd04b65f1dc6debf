import { resolve } from "node:path";

import type { Store } from "@modelkeep/core";
import { ModelkeepError } from "@modelkeep/core";

/** Stores that plugins bring, by scheme. */
export type StoreOpeners = ReadonlyMap<string, (url: string) => Promise<Store>>;

/** Opens a store by its URL: a path, `sqlite:FILE`, `s3://…` or `postgres://…`; each kind is loaded when it is asked for. */
export async function openStore(url: string, folder: string, more: StoreOpeners = new Map()): Promise<Store> {
  const scheme = /^([a-z][a-z0-9+.-]+):/iu.exec(url)?.[1]?.toLowerCase();
  if (scheme === undefined || (scheme.length === 1 && process.platform === "win32"))
    return openFolder(resolve(folder, url));
  const opener = more.get(scheme);
  if (opener !== undefined) return opener(url);
  switch (scheme) {
    case "file":
      return openFolder(new URL(url).pathname);
    case "sqlite": {
      const { sqliteStore } = await import("@modelkeep/store-sqlite");
      return sqliteStore(resolve(folder, url.slice("sqlite:".length)));
    }
    case "s3": {
      // That the SDK will leave this version of Node some day is not for whoever lists models.
      process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
      const { s3StoreFromUrl } = await import("@modelkeep/store-s3");
      return s3StoreFromUrl(url);
    }
    case "postgres":
    case "postgresql": {
      const { postgresStoreFromUrl } = await import("@modelkeep/store-postgres");
      return postgresStoreFromUrl(url);
    }
    case "azure": {
      const { azureStoreFromUrl } = await import("@modelkeep/store-azure");
      return azureStoreFromUrl(url);
    }
    case "gs": {
      const { gcsStoreFromUrl } = await import("@modelkeep/store-gcs");
      return gcsStoreFromUrl(url);
    }
    default:
      throw new ModelkeepError(
        "unsupported",
        `No store is known for ${JSON.stringify(`${scheme}:`)}: give a folder, sqlite:FILE, s3://BUCKET/PREFIX, gs://BUCKET/PREFIX, azure://ACCOUNT/CONTAINER or postgres://HOST/DATABASE, or a plugin for it (--plugin <package>)`,
      );
  }
}

/** Makes what a store needs to be there before its first use. False when it was there, undefined when this kind needs nothing. */
export async function initStore(url: string): Promise<boolean | undefined> {
  switch (/^([a-z][a-z0-9+.-]+):/iu.exec(url)?.[1]?.toLowerCase()) {
    case "postgres":
    case "postgresql": {
      const { createSchema } = await import("@modelkeep/store-postgres");
      return createSchema({ url });
    }
    case "azure": {
      const { createContainer, parseAzureUrl } = await import("@modelkeep/store-azure");
      return createContainer(parseAzureUrl(url));
    }
    default:
      return undefined;
  }
}

async function openFolder(path: string): Promise<Store> {
  const { fsStore } = await import("@modelkeep/store-fs");
  return fsStore(path);
}
