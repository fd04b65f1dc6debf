import { memorySource, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";

import type { Registry } from "../../src/index.js";
import { fill, objectsOf } from "./backends.js";
import { clockedStore } from "./clocked-store.js";
import { openLines } from "./registry.js";
import { reopen } from "./save-while-collecting.js";
import { random, Scheduler } from "./scheduler.js";
import { Witness } from "./witness.js";

/** What a client does; a planted mistake is made by those of one role. */
export type Role = "save" | "delete" | "archive" | "copy" | "collect";

const roles: readonly Role[] = ["save", "delete", "archive", "copy", "collect", "collect"];

/** A protocol with a mistake: how the store looks to clients that make it. */
export interface Mutant {
  readonly name: string;
  /** Whether the fault shows only in what is visible before it was acknowledged. */
  readonly strict: boolean;
  wrap(store: Store, role: Role): Store;
}

const day = 86_400_000;
const bytes = (number: number) => new TextEncoder().encode(`weights ${number} `.repeat(10));
const files = (number: number) => ({ files: [memorySource("a.bin", bytes(number))], again: true });

/**
 * A few clients on one store and its archive, their operations in an order that follows from the seed. Gives the first fault
 * of the global invariant, or nothing. In strict runs bytes are spared for a day, as where nobody asks for less.
 */
export async function keepInOrder(seed: number, mutant?: Mutant): Promise<string | undefined> {
  const strict = mutant === undefined ? seed % 2 === 0 : mutant.strict;
  const pick = random(seed * 6271);
  const scheduler = new Scheduler(seed);
  const witness = new Witness({ strict });
  const store = clockedStore("2026-03-01T00:00:00.000Z");
  const cold = memoryStore();
  const [main, archive] = [witness.watch(store), witness.watch(cold, "cold")];
  await prepareModels(main, archive);
  // Two days later all of it is old, by the store's clock.
  store.now += 2 * day;

  const open = (client: number): Promise<Registry> => {
    const wrapped = (given: Store) => mutant?.wrap(given, roles[client]!) ?? given;
    const scheduled = (given: Store) => scheduler.store(given, client);
    return reopen(wrapped(main), scheduler, client, { archives: { cold: scheduled(wrapped(archive)) } });
  };
  const registries: Registry[] = [];
  for (const client of roles.keys()) registries.push(await open(client));
  const told = async (saved: Promise<{ readonly name: string; readonly version: number }>): Promise<void> => {
    const { name, version } = await saved;
    witness.acknowledge(name, version);
  };
  const name = () => (pick() < 0.5 ? "a" : "b");
  // What is old and in no entry, where it may be collected; else that, and what versions hold.
  const content = () => (strict ? 2 : 0) + Math.floor(pick() * 3);
  const work: Readonly<Record<Role, (registry: Registry) => Promise<unknown>>> = {
    save: (registry) => told(registry.save(name(), { ...files(content()), again: pick() < 0.7 })),
    delete: (registry) => registry.retention.delete(`${name()}@1`, { reason: "at random" }),
    archive: (registry) =>
      pick() < 0.7 ? registry.retention.archive(`${name()}@2`, "cold") : registry.retention.restore(`${name()}@2`),
    copy: (registry) => told(registry.copy(`${name()}@2`, registry, { name: "c", again: true })),
    collect: (registry) => registry.collectGarbage(strict ? {} : { graceSeconds: 0 }),
  };
  const results = await scheduler.run(
    registries.map((registry, client) => async () => {
      for (let turn = 0; turn < 2; turn++) await work[roles[client]!](registry).catch(refusal);
    }),
  );
  for (const result of results) if (result.status === "rejected") throw result.reason;
  if (witness.fault !== undefined) return witness.fault;
  const { problems } = await (await openLines(store, { archives: { cold } })).check({ full: true });
  return problems[0] && `${problems[0].where}: ${problems[0].message}`;
}

/** Two models whose versions share bytes, and what a crash left: bytes that nothing refers to, which saves will come upon. */
async function prepareModels(main: Store, archive: Store): Promise<void> {
  const registry = await openLines(main, { archives: { cold: archive } });
  for (const model of ["a", "b"]) for (const number of [0, 1]) await registry.save(model, files(number));
  const crashed = memoryStore();
  for (const number of [2, 3, 4]) await (await openLines(crashed)).save("other", files(number));
  const left = (await objectsOf(crashed)).filter(([key]) => key.startsWith("blobs/"));
  await fill(main, left);
}

function refusal(error: unknown): void {
  const { code } = error as { code?: unknown };
  if (!["conflict", "deleted", "not_found", "io_error"].includes(code as string)) throw error;
}
