import type { Store } from "@modelkeep/core";
import { describeError, within } from "./expect.js";
import type { RaceSize } from "./store-case.js";
import { defaultRace, storeCases } from "./store-suite.js";

/** Which corner of the store is used, and how hard. */
export interface CheckStoreOptions {
  /** A corner of the store that is used for nothing else, ending in "/". It is emptied at the end. */
  readonly prefix: string;
  /** Default: 32 writers with 100 increments each. */
  readonly race?: RaceSize;
  readonly signal?: AbortSignal | undefined;
  /** Told after each case. */
  readonly progress?: ((result: CaseResult, done: number, total: number) => void) | undefined;
}

/** What became of one case. */
export interface CaseResult {
  readonly name: string;
  readonly passed: boolean;
  /** Why it failed. */
  readonly message?: string;
  readonly milliseconds: number;
}

/** What `checkStore` found. */
export interface StoreReport {
  /** The store's name. */
  readonly store: string;
  readonly passed: boolean;
  readonly results: readonly CaseResult[];
}

/** Milliseconds that one case may take. */
const patience = 600_000;

/**
 * Holds a store that is in use to the whole suite, the race included, in a scratch prefix. Resolves to what passed and
 * what failed; rejects only when the signal fires.
 */
export async function checkStore(store: Store, options: CheckStoreOptions): Promise<StoreReport> {
  const { prefix, race = defaultRace, signal, progress } = options;
  if (!prefix.endsWith("/")) throw new TypeError(`The scratch prefix ends in "/", unlike ${JSON.stringify(prefix)}`);
  const results: CaseResult[] = [];
  for (const [index, { name, run }] of storeCases.entries()) {
    signal?.throwIfAborted();
    const corner = `${prefix}${String(index).padStart(2, "0")}/`;
    const started = Date.now();
    let message: string | undefined;
    try {
      await within(patience, run({ store, prefix: corner, race }), name);
    } catch (error) {
      message = describeError(error);
    }
    const milliseconds = Date.now() - started;
    const result = { name, passed: message === undefined, ...(message === undefined ? {} : { message }), milliseconds };
    results.push(result);
    await empty(store, corner);
    progress?.(result, index + 1, storeCases.length);
  }
  return { store: store.name, passed: results.every(({ passed }) => passed), results };
}

/** Best effort: a store that fails the suite may also fail to delete. */
async function empty(store: Store, prefix: string): Promise<void> {
  try {
    const keys: string[] = [];
    for await (const { key } of store.list(prefix)) keys.push(key);
    for (const key of keys) await store.delete(key);
  } catch {
    // The report tells what is wrong with the store; what is left lies in the scratch prefix.
  }
}
