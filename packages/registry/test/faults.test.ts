import { isModelkeepError, type ModelkeepError, type Store } from "@modelkeep/core";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { memoryStore } from "@modelkeep/store-memory";
import { faulty, type FaultPlan, type FaultyStore, randomNumbers, type StoreFault } from "@modelkeep/testkit";
import { cached, retried } from "@modelkeep/wrappers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { copyRegistry } from "../src/index.js";
import { backends, fill, type Place, type Places, scratchRoot, titleOf } from "./support/backends.js";
import { count } from "./support/counts.js";
import { expectKept } from "./support/expect-kept.js";
import { expireLeases, leftovers } from "./support/leftovers.js";
import { type Operation, operations, prepared } from "./support/operations.js";
import { openLines } from "./support/registry.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";

type Plan = Omit<FaultPlan, "at">;

const plans: readonly Plan[] = [
  ...(["fails", "unanswered", "lost", "late", "crashes before", "crashes after", "slow"] as const).map((fault) => ({
    fault,
  })),
  ...(["fails", "unanswered", "lost"] as const).map((fault) => ({ fault, times: Infinity })),
  ...(["short", "flipped"] as const).flatMap((fault) => [{ fault }, { fault, times: Infinity }]),
];

const told = ({ fault, times }: Plan): string => (times === undefined ? fault : `${fault}, from then on`);

/** The part of all cases that is tried: the same in each run. */
const shares: Readonly<Record<string, number>> = thorough
  ? { memory: 1, retried: 0.1, cached: 0.2, fs: 0.2, sqlite: 0.2, s3: 0.01, postgres: 0.02 }
  : { memory: 0.05, retried: 0.005, cached: 0.005, fs: 0.005, sqlite: 0.005, s3: 0.002, postgres: 0.002 };

/** A wrapper, and the store beneath it whose operations have the faults. */
const wrappers: readonly (readonly [name: string, backend: string, wrap: (store: Store, folder: string) => Store])[] = [
  ["retried", "memory", (store) => retried(store, { attempts: 3, firstDelay: 1, longestDelay: 2 })],
  ["cached", "memory", (store, folder) => cached(store, folder, { maxBytes: 1e9 })],
];
const unwrapped = backends.map(({ name }) => ["", name, (store: Store) => store] as const);

/** Servers are where MODELKEEP_TEST_S3_BUCKET and MODELKEEP_TEST_POSTGRES say. */
for (const [wrapper, beneath, wrap] of [...unwrapped, ...wrappers]) {
  const backend = backends.find(({ name }) => name === beneath)!;
  const where = `${titleOf(backend)} ${wrapper}`.trim();
  describe.skipIf(backend.needs !== undefined)(`a fault at any operation of the store: ${where}`, () => {
    const folder = mkdtempSync(join(scratchRoot(), "modelkeep-cache-"));
    let caches = 0;
    /** Each client with a cache of its own. */
    const wrapped = (store: Store): Store => wrap(store, join(folder, String(caches++)));
    let places: Places;
    beforeAll(async () => {
      places = await backend.prepare(await prepared());
    });
    afterAll(async () => {
      await places.dispose();
      rmSync(folder, { recursive: true });
    });

    it.each(operations)("$name", { timeout: 3_600_000 }, async (operation) => {
      const clean = await places.make();
      const counting = faulty(clean.open());
      const registry = await openLines(wrapped(counting));
      const before = counting.operations.length;
      const expected: unknown = await operation.run(registry);
      const calls = counting.operations.slice(before);
      await clean.dispose();
      const pick = randomNumbers(operation.name.length);
      const share = shares[wrapper] ?? shares[beneath]!;
      for (const plan of plans)
        for (const [index, call] of calls.entries()) {
          const reads = plan.fault === "short" || plan.fault === "flipped";
          if ((reads && call !== "read") || pick() >= share) continue;
          const where = `${told(plan)} at ${index + 1} of ${calls.length}, ${call}`;
          const broken = (store: Store) => faulty(store, { ...plan, at: before + index + 1 });
          await strike(operation, { place: await places.make(), broken, wrapped, plan, expected, where });
        }
    });
  });
}

interface Answer {
  readonly found?: unknown;
  readonly error?: ModelkeepError;
}

interface Strike {
  readonly place: Place;
  readonly broken: (store: Store) => FaultyStore;
  readonly wrapped: (store: Store) => Store;
  readonly plan: Plan;
  readonly expected: unknown;
  readonly where: string;
}

async function strike(operation: Operation, given: Strike): Promise<void> {
  const { place, where } = given;
  const broken = given.broken(place.open());
  const answer = await openLines(given.wrapped(broken))
    .then(operation.run)
    .then(
      (found): Answer => ({ found }),
      (error: unknown): Answer => {
        if (isModelkeepError(error)) return { error };
        throw new Error(where, { cause: error });
      },
    );
  if (broken.struck()) {
    count("faults");
    await expectSound(operation, given, answer);
  }
  await place.dispose();
}

async function expectSound(operation: Operation, given: Strike, { found, error }: Answer): Promise<void> {
  const { place, expected, where } = given;
  const { fault } = given.plan;
  const store = place.open();
  const next = await openLines(store);
  const report = await next.check({ full: true });
  expect(report.problems, where).toEqual([]);
  expect(report.voids, where).toEqual([]);
  await expectKept(next, where);
  if (operation.done === undefined) {
    // What was read is right, or there is an error.
    expect([expected, "an error"], where).toContainEqual(error === undefined ? found : "an error");
    return;
  }

  const happened = await operation.done(next).catch(() => false);
  const known = !isModelkeepError(error, "unknown_outcome") && !fault.startsWith("crashes");
  expect(error !== undefined || happened, `${where}: acknowledged and lost`).toBe(true);
  expect(
    error !== undefined && known && happened && operation.often !== true,
    `${where}: it happened, but was told to have failed: ${error?.message}`,
  ).toBe(false);

  // What was left behind goes, and the same again succeeds.
  await expireLeases(store);
  await next.collectGarbage({ graceSeconds: 0 });
  expect(await leftovers(next), `${where}: left behind`).toEqual([]);
  await operation.run(next);
  expect(await operation.done(next), `${where}: again`).toBe(true);
  const after = await openLines(place.open());
  expect(await after.check({ full: true }), where).toMatchObject({ ok: true, voids: [] });
  await expectKept(after, where);
}

describe("a copy of a registry that is cut off", () => {
  const cuts: readonly StoreFault[] = ["fails", "unanswered", "lost", "late", "crashes before", "crashes after"];
  it.each(cuts)("goes on: %s", async (fault) => {
    const from = memoryStore();
    await fill(from, await prepared());
    const counting = faulty(memoryStore());
    await copyRegistry(from, counting);
    for (let at = 1; at <= counting.operations.length; at++) {
      const to = memoryStore();
      await copyRegistry(from, faulty(to, { fault, at })).catch(() => undefined);
      // What has been copied is whole, even before the rest is.
      const found = (await (await openLines(to)).check({ full: true })).problems.filter(
        (each) => each.code !== "not_found" || each.where.includes("@"),
      );
      expect(found, `${fault} at ${at}`).toEqual([]);
      await copyRegistry(from, to);
      count("faults");
      const copy = await openLines(to);
      expect(await copy.check({ full: true })).toMatchObject({ ok: true, versions: 3 });
      await expectKept(copy, `${fault} at ${at}`);
    }
  });
});
