import { isModelkeepError, memorySource, type Store } from "@modelkeep/core";

import type { Registry } from "../../src/index.js";
import { openLines } from "./registry.js";
import { random } from "./scheduler.js";
import { Witness } from "./witness.js";

export interface KeepLoad {
  readonly seed: number;
  readonly operations: number;
  readonly collections: number;
  readonly models: number;
}

export interface KeepOutcome {
  readonly witness: Witness;
  /** How many of each kind came through, and how many were refused by a rule. */
  readonly done: Readonly<Record<string, number>>;
  readonly refused: number;
}

const clients = 6;
const refusals = ["conflict", "deleted", "not_found", "already_exists"];

/**
 * Clients that save, copy, archive, restore, delete, hold and move aliases at random, all at once, on few contents that
 * many versions share, while others collect garbage without any grace period.
 */
export async function keepLoad(store: Store, cold: Store, { seed, ...load }: KeepLoad): Promise<KeepOutcome> {
  const witness = new Witness();
  const [main, archive] = [witness.watch(store), witness.watch(cold, "cold")];
  const open = (actor: string) => openLines(main, { actor, archives: { cold: archive } });
  const done: Record<string, number> = {};
  const left = { operations: load.operations, collections: load.collections };
  let refused = 0;
  const next = random(seed);
  // Few enough that versions share bytes, and many enough that deletions and moves leave some to nobody.
  const contents = Math.max(20, Math.ceil(load.operations / 20));
  const upTo = (count: number) => Math.floor(next() * count);
  const name = () => `model-${upTo(load.models)}`;
  /** Versions that were acknowledged, and by what this client knows are not deleted. */
  const living: string[] = [];
  // Now and then one that is not there, or is deleted.
  const reference = () =>
    living.length > 0 && next() < 0.9 ? living[upTo(living.length)]! : `${name()}@${1 + upTo(20)}`;
  const noted = async (saved: Promise<{ readonly name: string; readonly version: number }>) => {
    const { name, version } = await saved;
    witness.acknowledge(name, version);
    living.push(`${name}@${version}`);
  };
  const remove = async (registry: Registry, reference: string) => {
    await registry.retention.delete(reference, { reason: "at random" });
    const at = living.indexOf(reference);
    if (at >= 0) living.splice(at, 1);
  };

  const kinds: readonly (readonly [weight: number, kind: string, run: (registry: Registry) => Promise<unknown>])[] = [
    [
      8,
      "save",
      (registry) => noted(registry.save(name(), { files: files(upTo(contents), upTo(contents)), again: next() < 0.5 })),
    ],
    [11, "delete", (registry) => remove(registry, reference())],
    [3, "copy", (registry) => noted(registry.copy(reference(), registry, { name: name(), again: true }))],
    [3, "archive", (registry) => registry.retention.archive(reference(), "cold")],
    [2, "restore", (registry) => registry.retention.restore(reference())],
    [1, "alias", (registry) => setAlias(registry, reference(), ["live", "next"][upTo(2)]!)],
    [1, "hold", (registry) => registry.retention.hold(reference(), "case", { reason: "at random" })],
    [1, "release", (registry) => registry.retention.release(reference(), "case")],
  ];
  const total = kinds.reduce((sum, [weight]) => sum + weight, 0);
  const every = load.operations / load.collections;

  const client = async (registry: Registry): Promise<void> => {
    while (left.operations > 0 && witness.fault === undefined) {
      left.operations--;
      if (left.collections > 0 && next() < 1 / every) await collectOne(registry);
      let at = next() * total;
      const [, kind, run] = kinds.find(([weight]) => (at -= weight) < 0)!;
      try {
        await run(registry);
        done[kind] = (done[kind] ?? 0) + 1;
      } catch (error) {
        if (!refusals.some((code) => isModelkeepError(error, code))) throw error;
        refused++;
      }
    }
  };
  const collectOne = async (registry: Registry): Promise<void> => {
    left.collections--;
    const { removed } = await registry.collectGarbage({ graceSeconds: 0 });
    done["collection"] = (done["collection"] ?? 0) + 1;
    done["object removed"] = (done["object removed"] ?? 0) + removed;
  };
  const registries: Registry[] = [];
  for (let at = 0; at < clients; at++) registries.push(await open(`client ${at}`));
  await Promise.all(registries.map(client));
  // What chance left over.
  while (left.collections > 0 && witness.fault === undefined) await collectOne(registries[0]!);
  return { witness, done, refused };
}

function files(one: number, other: number) {
  const content = (number: number) => new TextEncoder().encode(`content ${number} `.repeat(20 + (number % 3)));
  const encoding = other % 5 === 0 ? { encoding: "gzip" as const } : {};
  return [{ ...memorySource("a.bin", content(one)), ...encoding }, memorySource("b.bin", content(other))];
}

async function setAlias(registry: Registry, reference: string, alias: string): Promise<void> {
  const [name, version] = reference.split("@") as [string, string];
  await registry.alias(name, alias, Number(version) % 3 === 0 ? null : version);
}
