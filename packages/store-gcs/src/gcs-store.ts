import { checkKey, checkPut, throwIfAborted, type Store } from "@modelkeep/core";

import { Connection } from "./connection.js";
import { headObject } from "./head-object.js";
import { listObjects } from "./list-objects.js";
import { type GcsStoreOptions, parseGcsUrl, readOptions } from "./options.js";
import { putObject } from "./put-object.js";
import { getObject } from "./stored-object.js";

/**
 * A bucket of Google Cloud Storage, or a prefix of one. `put` with `if: "absent"` is the service's own precondition
 * (generation 0). Nothing is loaded and no request made before the first call.
 */
export function gcsStore(options: GcsStoreOptions): Store {
  const connection = new Connection(readOptions(options));
  const store: Store = {
    name: "gcs",
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
      const file = await connection.file(key);
      await connection.call(`delete ${key}`, signal, () => file.delete({ ignoreNotFound: true }));
    },

    list: (prefix, listOptions = {}) => listObjects(connection, prefix, listOptions),
  };
  return store;
}

/** The store behind `gs://BUCKET/PREFIX`; what a URL cannot say is given beside it. */
export function gcsStoreFromUrl(url: string, options: Omit<Partial<GcsStoreOptions>, "bucket" | "prefix"> = {}): Store {
  return gcsStore({ ...options, ...parseGcsUrl(url) });
}
