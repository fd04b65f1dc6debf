import type { ListEntry, ListOptions, Store } from "@modelkeep/core";

import { hiddenPrefix, isHidden } from "./key-ring-keys.js";

/** A listing without what encryption keeps for itself. A group that holds something else as well is shown. */
export async function* visibleEntries(store: Store, prefix: string, options: ListOptions): AsyncGenerator<ListEntry> {
  for await (const entry of store.list(prefix, options)) {
    if (isHidden(entry.key)) continue;
    if (entry.prefix && hiddenPrefix.startsWith(entry.key) && !(await holdsOthers(store, entry.key, options.signal)))
      continue;
    yield entry;
  }
}

async function holdsOthers(store: Store, prefix: string, signal: AbortSignal | undefined): Promise<boolean> {
  for await (const { key } of store.list(prefix, { signal })) if (!isHidden(key)) return true;
  return false;
}
