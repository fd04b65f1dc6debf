import { checkKey, checkPut, throwIfAborted, type Store } from "@modelkeep/core";

import { Connection } from "./connection.js";
import { headObject } from "./head-object.js";
import { listObjects } from "./list-objects.js";
import { type AzureStoreOptions, parseAzureUrl, readOptions } from "./options.js";
import { putObject } from "./put-object.js";
import { getObject } from "./stored-object.js";

/**
 * A container of Azure Blob Storage, or a prefix of one. `put` with `if: "absent"` is a condition that the service itself
 * holds. Nothing is loaded and no request made before the first call.
 */
export function azureStore(options: AzureStoreOptions): Store {
  const connection = new Connection(readOptions(options));
  const store: Store = {
    name: "azure",
    supports: { putIfAbsent: true, lateKey: false },

    async head(key, { signal } = {}) {
      checkKey(key);
      throwIfAborted(signal);
      return (await headObject(connection, key, signal))?.info;
    },

    async get(key, getOptions = {}) {
      checkKey(key);
      throwIfAborted(getOptions.signal);
      return getObject(connection, key, getOptions);
    },

    async put(key, body, putOptions = {}) {
      checkPut(store, key, putOptions);
      return putObject(connection, key as string, body, putOptions);
    },

    async delete(key, { signal } = {}) {
      checkKey(key);
      throwIfAborted(signal);
      const blob = await connection.blob(key);
      await connection.call(`delete ${key}`, signal, (calls) =>
        blob.deleteIfExists({ ...calls, deleteSnapshots: "include" }),
      );
    },

    list: (prefix, listOptions = {}) => listObjects(connection, prefix, listOptions),
  };
  return store;
}

/** The store behind `azure://ACCOUNT/CONTAINER/PREFIX`; what a URL cannot say is given beside it. */
export function azureStoreFromUrl(
  url: string,
  options: Omit<Partial<AzureStoreOptions>, "container" | "prefix"> = {},
): Store {
  return azureStore({ ...options, ...parseAzureUrl(url) });
}

/** Makes the container, if it is not there. True if it made it. */
export async function createContainer(options: AzureStoreOptions): Promise<boolean> {
  const connection = new Connection(readOptions(options));
  const container = await connection.container();
  const { succeeded } = await connection.call("make the container", undefined, () => container.createIfNotExists());
  return succeeded;
}
