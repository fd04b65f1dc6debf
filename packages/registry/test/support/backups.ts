import { collect, memorySource, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";

import { openLines } from "./registry.js";
import { Line, lineInputs } from "./toy.js";

export const samples = { inputs: lineInputs(0, 1, 2) };
/** Of `lines`: the one that promoted a version, after what proved it. */
export const lastEntry = "models/lines/log/000000000004.json";
export const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);

export async function prepared(): Promise<Store> {
  const store = memoryStore();
  const registry = await openLines(store);
  await registry.save("lines", { model: new Line(2), samples });
  await registry.save("lines", { model: new Line(3), samples });
  await registry.promote("lines", 1);
  await registry.save("files", {
    files: [memorySource("a.bin", bytes), { ...memorySource("b.bin", bytes.subarray(1)), encoding: "gzip" }],
  });
  await registry.save("old", { model: new Line(5), samples });
  await registry.rename("old", "new");
  return store;
}

export async function contents(store: Store, prefix = ""): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of store.list(prefix))
    found.set(key, Buffer.from(await collect((await store.get(key))!.stream())).toString("base64"));
  return found;
}

/** Everything but what only one of the two has: leases, hints, the index, records of runs. */
export async function lasting(store: Store): Promise<Map<string, string>> {
  return new Map([...(await contents(store))].filter(([key]) => /^(?:blobs|models|names)\//u.test(key)));
}

export async function keysWith(store: Store, text: string): Promise<string[]> {
  return [...(await contents(store)).keys()].filter((key) => key.includes(text));
}

export async function changed(store: Store, key: string): Promise<void> {
  const other = (await collect((await store.get(key))!.stream())).slice();
  other[other.length >> 1]! ^= 1;
  await store.put(key, other);
}

export async function remove(store: Store, name: string, version: number): Promise<void> {
  const registry = await openLines(store);
  await registry.retention.delete(`${name}@${version}`, { reason: "not needed" });
}
