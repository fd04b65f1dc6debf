import { ModelkeepError, type Store } from "@modelkeep/core";

import { logNumber, logPrefix, modelOfPrefix, modelsPrefix } from "../keys.js";

/** How far a model's log goes, and what its last entry looks like from outside: all that a listing tells. */
export interface LogEnd {
  /** Number of the last entry. */
  readonly length: number;
  /** Entries that are there: fewer than `length` when some are missing. */
  readonly count: number;
  /** Of the last entry: its bytes, and when it was written by the store's own clock. */
  readonly size: number;
  readonly modified: number;
}

/** Where the logs end, by model, from one listing: no log is read. With `models`, only theirs are listed. */
export async function surveyLogs(
  store: Store,
  {
    models,
    signal,
  }: { readonly models?: Iterable<string> | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Map<string, LogEnd>> {
  const ends = new Map<string, LogEnd>();
  const prefixes = models === undefined ? [modelsPrefix] : Array.from(models, logPrefix);
  for (const prefix of prefixes)
    for await (const { key, size, modified } of store.list(prefix, { signal })) {
      const number = logNumber(key);
      const name =
        number === undefined ? undefined : modelOfPrefix(key.slice(0, key.indexOf("/", modelsPrefix.length) + 1));
      if (number === undefined || name === undefined) continue;
      // Keys come in the order of their numbers.
      ends.set(name, { length: number, count: (ends.get(name)?.count ?? 0) + 1, size, modified: modified.getTime() });
    }
  return ends;
}

/** Refuses a log with holes: what comes after one has no history. */
export function checkNoGap(store: Store, name: string, { length, count }: LogEnd): void {
  if (count === length) return;
  throw new ModelkeepError(
    "damaged_log",
    `[${store.name}] The log of ${name} goes to number ${length}, but ${length - count} of its entries are missing: \`modelkeep restore --repair\` brings them back from a backup`,
    { details: { name } },
  );
}
