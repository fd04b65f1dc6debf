import type { Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { expect } from "vitest";

import type { Registry, RegistryOptions } from "../../src/index.js";
import { fill, objectsOf } from "./backends.js";
import { openLines } from "./registry.js";
import { random, Scheduler } from "./scheduler.js";
import { Line } from "./toy.js";

const savers = 3;
const collectors = 2;

export interface SaveWhileCollectingOptions {
  /** The store that all clients share. */
  readonly store?: Store;
  readonly options?: (client: number) => Partial<RegistryOptions>;
}

/** Clients that save the same few models and collect garbage, their operations in an order that follows from the seed. */
export async function saveWhileCollecting(
  seed: number,
  { store = memoryStore(), options = () => ({}) }: SaveWhileCollectingOptions = {},
): Promise<void> {
  const pick = random(seed * 7919);
  const scheduler = new Scheduler(seed);
  const own: Registry[] = [];
  for (let client = 0; client < savers + collectors; client++)
    own.push(await reopen(store, scheduler, client, options(client)));
  // What a crash left: the first blobs that saves will find, unreferenced.
  const crashed = memoryStore();
  await (await openLines(crashed)).save("other", { model: new Line(1) });
  await fill(
    store,
    (await objectsOf(crashed)).filter(([key]) => key.startsWith("blobs/")),
  );

  const acknowledged: { name: string; version: number; content: string }[] = [];
  const save = async (registry: Registry): Promise<void> => {
    const name = pick() < 0.5 ? "a" : "b";
    const { version, content } = await registry.save(name, {
      model: new Line(1 + Math.floor(pick() * 2)),
      again: pick() < 0.5,
    });
    acknowledged.push({ name, version, content });
  };
  const results = await scheduler.run(
    own.map((registry, client) => async () => {
      for (let turn = 0; turn < 2; turn++)
        await (client < savers ? save(registry) : registry.collectGarbage({ graceSeconds: 0 }));
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
  const after = await openLines(store);
  const report = await after.check({ full: true });
  expect(report.problems, `seed ${seed}`).toEqual([]);
  for (const { name, version, content } of acknowledged)
    expect((await after.resolve(`${name}@${version}`)).content, `seed ${seed}`).toBe(content);
}

/** A client whose every operation waits for its turn; opening it does not. */
export async function reopen(
  store: Store,
  scheduler: Scheduler,
  index: number,
  options: Partial<RegistryOptions> = {},
): Promise<Registry> {
  let current = store;
  const switching: Store = {
    name: store.name,
    supports: store.supports,
    head: (...args) => current.head(...args),
    get: (...args) => current.get(...args),
    put: (...args) => current.put(...args),
    delete: (...args) => current.delete(...args),
    list: (...args) => current.list(...args),
  };
  const registry = await openLines(switching, {
    actor: `client ${index}`,
    sleep: () => scheduler.turn(index),
    ...options,
  });
  current = scheduler.store(store, index);
  return registry;
}
