import { isModelkeepError, type Store } from "@modelkeep/core";

import { type BatchHeader, readBatch } from "./batch.js";
import { modelPrefix, type BatchKey } from "./batch-key.js";
import { keysOf } from "./find-predictions.js";

/** Whether the records of predictions are those that were written. */
export interface ChainReport {
  readonly ok: boolean;
  readonly batches: number;
  readonly records: number;
  /** What is wrong, as sentences. */
  readonly problems: readonly string[];
}

/** Reads all batches and follows each writer's chain from the oldest batch that is still there. */
export async function checkChains(store: Store, names: readonly string[]): Promise<ChainReport> {
  const problems: string[] = [];
  const chains = new Map<string, { readonly header: BatchHeader; readonly batch: BatchKey }[]>();
  let batches = 0;
  let records = 0;
  for (const name of names) {
    for (const batch of await keysOf(store, [modelPrefix(name)])) {
      try {
        const found = await readBatch(store, batch);
        if (found === undefined) continue;
        batches++;
        records += found.records.length;
        const chain = `${name} ${found.header.writer}`;
        chains.set(chain, [...(chains.get(chain) ?? []), { header: found.header, batch }]);
      } catch (error) {
        if (!isModelkeepError(error, "digest_mismatch") && !isModelkeepError(error, "malformed")) throw error;
        problems.push(error.message);
      }
    }
  }
  for (const [chain, links] of chains) {
    links.sort((a, b) => a.header.batch - b.header.batch);
    for (const [index, { header, batch }] of links.entries()) {
      const before = links[index - 1];
      if (before === undefined) continue;
      if (header.batch !== before.header.batch + 1)
        problems.push(`${chain}: after batch ${before.header.batch} comes ${header.batch}: what is between is missing`);
      else if (header.previous !== before.batch.digest)
        problems.push(`${batch.key} does not follow batch ${before.header.batch} of its writer`);
    }
  }
  return { ok: problems.length === 0, batches, records, problems };
}
