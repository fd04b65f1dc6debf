import { condemnedPrefix } from "./keys.js";
import type { LogContext } from "./log.js";

const patience = 30;

/**
 * Waits until listings show the markers of a collection, and after that something that was put after they did. From then on
 * every save either sees the markers, or had made its lease and its entry before, so that the collection sees these: also
 * where listings lag, as long as they show what was written in its order. False when that takes too long.
 */
export async function listingsFollow(
  context: Pick<LogContext, "store" | "sleep">,
  markers: readonly string[],
  afterwards: string,
): Promise<boolean> {
  if (!(await listed(context, markers))) return false;
  try {
    await context.store.put(afterwards, new Uint8Array());
    return await listed(context, [afterwards]);
  } finally {
    await context.store.delete(afterwards);
  }
}

async function listed(
  { store, sleep }: Pick<LogContext, "store" | "sleep">,
  keys: readonly string[],
): Promise<boolean> {
  for (let turn = 0; turn < patience; turn++) {
    const missing = new Set(keys);
    for await (const { key } of store.list(condemnedPrefix)) missing.delete(key);
    if (missing.size === 0) return true;
    await sleep(Math.min(1000, 10 * 2 ** turn));
  }
  return false;
}
