import { createPassingMeasurer } from "#passing-measurer";

import type { PayloadSource } from "./codec.js";
import { ModelkeepError } from "./errors.js";
import type { PayloadEntry } from "./manifest.js";
import { entryOf } from "./measure.js";

/** A payload whose size and digest are found out while it is written. */
export interface Measuring {
  /** The same payload, measured while its bytes pass. Opening it again starts over. */
  readonly source: PayloadSource;
  /** What the manifest must say. Known once the bytes have been read to their end: the store's late key may ask for it. */
  result(): PayloadEntry;
}

/**
 * Measures a payload on its way into a store, in one pass: `store.put(() => keyOf(measuring.result()), source.open)`.
 * In Node the whole digest of a large payload is made in a thread, chunk digests here, while the store writes.
 */
export function measuring(source: PayloadSource): Measuring {
  let entry: PayloadEntry | undefined;
  return {
    source: {
      ...source,
      async *open() {
        entry = undefined;
        const measurer = createPassingMeasurer(source.size);
        try {
          for await (const bytes of source.open()) {
            // Awaited before the bytes go on: their owner may reuse them as soon as the next are asked for.
            await measurer.update(bytes);
            yield bytes;
          }
          entry = entryOf(source, await measurer.measure());
        } finally {
          await measurer.close();
        }
      },
    },
    result() {
      if (entry === undefined)
        throw new ModelkeepError("conflict", `${JSON.stringify(source.path)} has not been read to its end yet`);
      return entry;
    },
  };
}
