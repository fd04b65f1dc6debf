import { type Digest, isModelkeepError, type Store } from "@modelkeep/core";
import { ulid } from "@modelkeep/registry";

import { encodeBatch, type EncodedBatch, type IdentifiedEntry } from "./batch.js";

const longestPause = 5_000;

/** Puts batches into the store, one after the other, each until it is there. */
export class BatchWriter {
  readonly #store: Store;
  readonly #onTrouble: (error: Error) => void;
  readonly #id = ulid();
  readonly #chains = new Map<string, { readonly batch: number; readonly digest: Digest }>();
  readonly #stop = new AbortController();
  #trouble: unknown;

  constructor(store: Store, onTrouble: (error: Error) => void) {
    this.#store = store;
    this.#onTrouble = onTrouble;
  }

  async write(model: string, entries: readonly IdentifiedEntry[]): Promise<void> {
    const before = this.#chains.get(model);
    const batch = (before?.batch ?? 0) + 1;
    const encoded = await encodeBatch({ model, writer: this.#id, batch, previous: before?.digest ?? null }, entries);
    await this.#put(encoded);
    this.#chains.set(model, { batch, digest: encoded.digest });
  }

  /** Ends the attempts, and gives what the last one failed of. */
  stop(): unknown {
    this.#stop.abort();
    return this.#trouble;
  }

  /** Its key holds its digest, so an object that is there already is the one of an attempt before. */
  async #put({ key, bytes }: EncodedBatch): Promise<void> {
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#store.put(key, bytes, { if: "absent", size: bytes.length });
        this.#trouble = undefined;
        return;
      } catch (error) {
        if (isModelkeepError(error, "already_exists")) return;
        this.#trouble = error;
        // A store that is away for an hour is reported once a minute, not a thousand times.
        if (attempt % 12 === 0) this.#onTrouble(error as Error);
        await this.#pause(Math.min(longestPause, 50 * 2 ** Math.min(attempt, 8)));
      }
    }
  }

  #pause(milliseconds: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      // After a stop nothing more is tried, and the promise keeps nobody alive.
      if (signal.aborted) return;
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
  }
}
