import type { Store } from "@modelkeep/core";

import { condemnedKey } from "./keys.js";
import { ulid } from "./ulid.js";

/** How long a look at the store's clock is good for, in milliseconds. */
const lasting = 60_000;

/** What time it is by the store's own clock, as far as what was written of late tells. */
export class StoreClock {
  readonly #clock: () => Date;
  #seen: { readonly time: number; readonly steady: number; readonly own: number } | undefined;

  constructor(clock: () => Date) {
    this.#clock = clock;
  }

  /** Remembers when something was written just now. */
  observe(modified: Date): void {
    this.#seen = { time: modified.getTime(), steady: performance.now(), own: this.#clock().getTime() };
  }

  /** Absent when nothing was written for a minute, by either clock of this process: a machine that slept is noticed. */
  now(): string | undefined {
    if (this.#seen === undefined) return undefined;
    const passed = performance.now() - this.#seen.steady;
    const own = this.#clock().getTime() - this.#seen.own;
    if (passed > lasting || Math.abs(own) > lasting) return undefined;
    return new Date(this.#seen.time + passed).toISOString();
  }
}

/** Asks the store: one object written and removed. */
export async function storeTime({
  store,
  clock,
}: {
  readonly store: Store;
  readonly clock: () => Date;
}): Promise<Date> {
  const key = condemnedKey("collection", ulid(clock()));
  const { modified } = await store.put(key, new Uint8Array());
  await store.delete(key);
  return modified;
}
