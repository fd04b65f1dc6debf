import type { Store } from "@modelkeep/core";

import type { Registry } from "../../src/index.js";

/** As if a process that has ended had ended long ago. */
export async function expireLeases(store: Store): Promise<void> {
  for await (const { key } of store.list("leases/")) await store.delete(key);
}

/** What a collection should have taken away: bytes without a version, and markers of bytes that are gone. */
export async function leftovers(registry: Registry): Promise<string[]> {
  const { keys } = await registry.collectGarbage({ graceSeconds: 0, dryRun: true });
  const markers: string[] = [];
  for await (const { key } of registry.store.list("condemned/")) markers.push(key);
  return [...keys, ...markers.filter((key) => !key.startsWith("condemned/collection/"))];
}
