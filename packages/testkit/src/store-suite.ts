import type { Store } from "@modelkeep/core";
import type { RaceSize, StoreCase } from "./store-case.js";
import { conditionCases } from "./store-conditions.js";
import { failureCases } from "./store-failures.js";
import { keyCases } from "./store-keys.js";
import { listingCases } from "./store-listing.js";
import { objectCases } from "./store-objects.js";
import { rangeCases } from "./store-ranges.js";
import type { Case } from "./suite.js";

/** Every promise of `Store`, as cases that run anywhere: against a store of their own, or in a corner of a shared one. */
export const storeCases: readonly StoreCase[] = [
  ...objectCases,
  ...rangeCases,
  ...failureCases,
  ...keyCases,
  ...listingCases,
  ...conditionCases,
];

/** A store for one case, and how it is done away with. */
export interface StoreSubject {
  readonly store: Store;
  /** Called after the case, passed or failed. */
  dispose?(): Promise<void> | void;
}

/** How hard the suite is. */
export interface StoreSuiteOptions {
  /** Default: 32 writers with 100 increments each. */
  readonly race?: RaceSize;
}

/** How hard writers race unless it is said otherwise. */
export const defaultRace: RaceSize = { writers: 32, increments: 100 };

/** The suite for a plugin's own tests: `open` gives each case an empty store. */
export function storeSuite(
  open: () => Promise<StoreSubject> | StoreSubject,
  { race = defaultRace }: StoreSuiteOptions = {},
): readonly Case[] {
  return storeCases.map(({ name, run }) => ({
    name,
    async run() {
      const subject = await open();
      try {
        await run({ store: subject.store, prefix: "", race });
      } finally {
        await subject.dispose?.();
      }
    },
  }));
}
