import { checkKey, checkPut, ModelkeepError, throwIfAborted, type Store } from "@modelkeep/core";
import { connect } from "./connection.js";
import { headObject, type Place } from "./describe.js";
import { listObjects } from "./list.js";
import { readOptions, type S3StoreOptions } from "./options.js";
import { parseS3Url } from "./parse-url.js";
import { createProbe } from "./probe.js";
import { putObject } from "./put-object.js";
import { getObject } from "./stored-object.js";

/**
 * A bucket, or a prefix of one, at AWS or a compatible service. `put` with `if: "absent"` is a conditional write of the
 * service itself, tried out before it is first relied on. Nothing is loaded and no request made before the first call.
 */
export function s3Store(options: S3StoreOptions): Store {
  const settings = readOptions(options);
  const { root } = settings;
  const connection = connect(settings);
  const probe = createProbe(connection, root);
  const placeOf = (key: string): Place => {
    const place = { key: checkKey(key), fullKey: root + key };
    if (Buffer.byteLength(place.fullKey) <= 1024) return place;
    throw new ModelkeepError(
      "invalid_key",
      `[s3] The prefix and ${key} are together longer than the 1,024 bytes of S3`,
    );
  };
  const store: Store = {
    name: "s3",
    supports: { putIfAbsent: true, lateKey: false, storageClasses: settings.storageClasses },

    async head(key, { signal } = {}) {
      const place = placeOf(key);
      throwIfAborted(signal);
      return (await headObject(connection, place, signal))?.info;
    },

    async get(key, getOptions = {}) {
      const place = placeOf(key);
      throwIfAborted(getOptions.signal);
      return getObject(connection, settings, place, getOptions);
    },

    async put(key, body, putOptions = {}) {
      checkPut(store, key, putOptions);
      return putObject(connection, settings, probe, placeOf(key as string), body, putOptions);
    },

    async delete(key, { signal } = {}) {
      const { fullKey } = placeOf(key);
      throwIfAborted(signal);
      await connection.call(`delete ${key}`, signal, (client, sdk, sendOptions) =>
        client.send(new sdk.DeleteObjectCommand({ Bucket: settings.bucket, Key: fullKey }), sendOptions),
      );
    },

    list: (prefix, listOptions = {}) => listObjects(connection, root, prefix, listOptions),

    [Symbol.asyncDispose]: () => connection.close(),
  };
  return store;
}

/** The store behind `s3://bucket/prefix?endpoint=…`; what a URL cannot say is given beside it. */
export function s3StoreFromUrl(url: string, options: Omit<Partial<S3StoreOptions>, "bucket" | "prefix"> = {}): Store {
  return s3Store({ ...options, ...parseS3Url(url) });
}
