import {
  collect,
  createHasher,
  isModelkeepError,
  ModelkeepError,
  type Progress,
  type Store,
  type StoredObject,
} from "@modelkeep/core";

import { eachOf, encodingOfKey } from "./blobs.js";
import { blobsPrefix, logKey, nameKey, readmeKey, rootKey } from "./keys.js";
import { readEntries, readRecord } from "./log.js";
import { modelNames } from "./models.js";
import { readRoot } from "./root.js";

export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  /** In bytes. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

export interface Copied {
  readonly models: number;
  /** Objects that were not there before. */
  readonly objects: number;
  readonly bytes: number;
}

/**
 * Brings everything a registry refers to into another store, with the same keys, so that every history stays as it is,
 * digest for digest. Run it again after it was cut off, or later: only what is missing is copied. A model whose history went
 * on differently in the two stores is a `conflict`.
 */
export async function copyRegistry(from: Store, to: Store, { signal, progress }: CopyOptions = {}): Promise<Copied> {
  const root = await from.get(rootKey);
  if (root === undefined || (await readRoot(from)) === undefined)
    throw new ModelkeepError("not_found", `[${from.name}] There is no registry to copy`);
  const copied = { models: 0, objects: 0, bytes: 0 };
  const count = (bytes: number) => {
    copied.objects++;
    copied.bytes += bytes;
    progress?.({ done: copied.bytes });
  };
  const calls = signal === undefined ? {} : { signal };

  for await (const name of modelNames(from, signal)) {
    // What the log refers to goes first, each model as far as its log was read: whatever is there is whole.
    const [record, entries] = [
      await readRecord({ store: from }, name, undefined, signal),
      await readEntries({ store: from }, name, 1, signal),
    ];
    const live = [...record.versions.values()].filter((version) => version.status !== "deleted");
    const keys = new Set(live.flatMap((version) => [...version.placement.values()].flat()));
    await eachOf([...keys], 4, async (key) => {
      if ((await to.head(key, calls)) !== undefined) return;
      const object = await from.get(key, calls);
      // One of several places of the same bytes may be gone.
      if (object !== undefined && (await put(to, key, verified(object), object.info.size, signal)))
        count(object.info.size);
    });
    await copySmall(from, to, nameKey(name), count);
    for (const entry of entries) await copySmall(from, to, logKey(name, entry.body.number), count);
    copied.models++;
  }
  await copySmall(from, to, readmeKey, count, false);
  await copySmall(from, to, rootKey, count, false);
  return copied;
}

/** Copies an object whose bytes say what happened: if something else is there, the two histories are not one. */
async function copySmall(
  from: Store,
  to: Store,
  key: string,
  count: (bytes: number) => void,
  same = true,
): Promise<void> {
  const object = await from.get(key);
  if (object === undefined) return;
  const bytes = await collect(object.stream());
  if (await put(to, key, () => object.stream(), bytes.length)) {
    count(bytes.length);
    return;
  }
  const there = await to.get(key);
  if (!same || there === undefined) return;
  const other = await collect(there.stream());
  if (other.length !== bytes.length || other.some((byte, index) => byte !== bytes[index]))
    throw new ModelkeepError(
      "conflict",
      `${key} is another one in [${to.name}] than in [${from.name}]: the two registries have gone different ways. Copy single versions instead`,
      { details: { key } },
    );
}

async function put(
  to: Store,
  key: string,
  open: () => AsyncIterable<Uint8Array>,
  size: number,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    await to.put(key, open, { if: "absent", size, ...(signal && { signal }) });
    return true;
  } catch (error) {
    if (isModelkeepError(error, "already_exists")) return false;
    throw error;
  }
}

/** The bytes of a blob, held to the digest in its key; what is wrong at the source does not spread. */
function verified(object: StoredObject): () => AsyncIterable<Uint8Array> {
  const { key } = object.info;
  if (!key.startsWith(blobsPrefix) || encodingOfKey(key) !== undefined) return () => object.stream();
  const expected = `sha256:${key.slice(blobsPrefix.length, blobsPrefix.length + 64)}`;
  return async function* checked() {
    const hasher = createHasher();
    for await (const bytes of object.stream()) {
      hasher.update(bytes);
      yield bytes;
    }
    if (hasher.digest() !== expected)
      throw new ModelkeepError("digest_mismatch", `${key} does not hold the bytes that its name says`, {
        details: { key },
      });
  };
}
