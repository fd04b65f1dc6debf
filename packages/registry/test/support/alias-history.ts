import { isModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { type Call, faulty, randomNumbers, type Sequential, type StoreFault } from "@modelkeep/testkit";

import type { Registry } from "../../src/index.js";
import { fill, type Objects, objectsOf } from "./backends.js";
import { openLines } from "./registry.js";
import { Scheduler } from "./scheduler.js";
import { Line } from "./toy.js";

export type Input = { readonly read: true } | { readonly set: number; readonly expect: number | undefined };
export type Output = { readonly found: number } | { readonly previous: number } | "conflict";

/** An alias of a model that nobody else uses. */
export const aliasObject: Sequential<number, Input, Output> = {
  initial: 1,
  key: String,
  step(state, input, output) {
    if ("read" in input)
      return typeof output === "object" && "found" in output && output.found === state ? state : undefined;
    const allowed = input.expect === undefined || input.expect === state;
    if (output === "conflict") return allowed ? undefined : state;
    if (output === undefined) return allowed ? input.set : state;
    return allowed && "previous" in output && output.previous === state ? input.set : undefined;
  },
};

/** What a client does with the store that it is given: a test plants mistakes here. */
export interface Client {
  readonly store?: (store: Store) => Store;
  readonly set?: (registry: Registry, version: number, expect: number | undefined) => Promise<number>;
}

const faults: readonly StoreFault[] = ["fails", "unanswered", "lost", "late"];
const clients = 4;
const callsOfEach = 4;

export async function threeVersions(): Promise<Objects> {
  const store = memoryStore();
  const registry = await openLines(store);
  for (const slope of [1, 2, 3]) await registry.save("lines", { model: new Line(slope) });
  await registry.alias("lines", "live", 1);
  return objectsOf(store);
}

/** Runs clients that read and move one alias, each operation of the store in its turn, most clients with a fault somewhere. */
export async function recordHistory(
  objects: Objects,
  seed: number,
  { store: bend = (store) => store, set = move }: Client = {},
): Promise<Call<Input, Output>[]> {
  const store = memoryStore();
  await fill(store, objects);
  const pick = randomNumbers(seed * 7919);
  const scheduler = new Scheduler(seed);
  const history: Call<Input, Output>[] = [];
  let time = 0;

  async function call(client: number, input: Input, work: () => Promise<Output>): Promise<void> {
    const from = time++;
    const output = await work().catch((error: unknown) => {
      if (isModelkeepError(error, "conflict")) return "conflict";
      if (isModelkeepError(error, "unknown_outcome")) return undefined;
      if (isModelkeepError(error, "io_error")) return "nothing happened";
      throw error;
    });
    if (output !== "nothing happened") history.push({ client, input, output, from, to: time++ });
  }

  const tasks = Array.from({ length: clients }, (_, client) => {
    const at = 1 + Math.floor(pick() * 60);
    const fault = faults[Math.floor(pick() * faults.length)]!;
    const times = pick() < 0.5 ? 1 : 2 + Math.floor(pick() * 6);
    const own = bend(faulty(scheduler.store(store, client), { fault, at, times }));
    return async () => {
      const registry = await opened(own, client, scheduler);
      if (registry === undefined) return;
      for (let turn = 0; turn < callsOfEach; turn++) {
        const [what, version, expect] = [pick(), 1 + Math.floor(pick() * 3), 1 + Math.floor(pick() * 3)];
        if (what < 0.4)
          await call(client, { read: true }, async () => ({ found: (await registry.resolve("lines@live")).version }));
        else {
          const expected = what < 0.7 ? expect : undefined;
          await call(client, { set: version, expect: expected }, async () => ({
            previous: await set(registry, version, expected),
          }));
        }
      }
    };
  });
  for (const result of await scheduler.run(tasks)) if (result.status === "rejected") throw result.reason;
  return history;
}

export async function move(registry: Registry, version: number, expect: number | undefined): Promise<number> {
  return (await registry.alias("lines", "live", version, { expect })).previous!;
}

/** Opening meets faults too, and is then given up. */
function opened(store: Store, client: number, scheduler: Scheduler): Promise<Registry | undefined> {
  const sleep = () => scheduler.turn(client);
  return openLines(store, { actor: `client ${client}`, sleep }).catch((error: unknown) => {
    if (isModelkeepError(error)) return undefined;
    throw error;
  });
}
