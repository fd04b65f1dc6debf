import { collect, ModelkeepError, type Progress, type Store, throwIfAborted } from "@modelkeep/core";

import { carryModel } from "./backup/carry-model.js";
import { surveyLogs } from "./backup/survey.js";
import { Transfer } from "./backup/transfer.js";
import { eachOf } from "./blobs.js";
import { readmeKey, rootKey } from "./keys.js";
import { readRoot } from "./root.js";

/** Who is told how far `copyRegistry` is, and what ends it. */
export interface CopyOptions {
  readonly signal?: AbortSignal | undefined;
  /** In bytes. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What `copyRegistry` brought over. */
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
export async function copyRegistry(from: Store, to: Store, options: CopyOptions = {}): Promise<Copied> {
  const { signal } = options;
  if ((await readRoot(from)) === undefined)
    throw new ModelkeepError("not_found", `[${from.name}] There is no registry to copy`);
  const transfer = new Transfer(from, to, options);
  const there = await surveyLogs(to, { signal });
  const ends = await surveyLogs(from, { signal });
  await eachOf([...ends], 4, async ([name, end]) => {
    throwIfAborted(signal);
    await carryModel(transfer, name, { from: end, to: there.get(name) });
  });
  for (const key of [readmeKey, rootKey]) {
    const object = await from.get(key, transfer.calls);
    if (object !== undefined) {
      const bytes = await collect(object.stream(transfer.calls));
      await transfer.put(key, bytes, bytes.length);
    }
  }
  return { models: ends.size, objects: transfer.objects, bytes: transfer.bytes };
}
