import { fsStore, type FileOperations } from "@modelkeep/store-fs";
import { MemoryDisk, wrongProtocols } from "@modelkeep/store-fs/faults";
import { randomNumbers } from "@modelkeep/testkit";
import { beforeAll, describe, expect, it } from "vitest";

import { fill, type Objects } from "./support/backends.js";
import { count } from "./support/counts.js";
import { expectKept } from "./support/expect-kept.js";
import { expireLeases, leftovers } from "./support/leftovers.js";
import { type Operation, operations, prepared } from "./support/operations.js";
import { openLines } from "./support/registry.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
/** Of the disks that a power failure at one moment may leave. */
const disksOfMoment = thorough ? 5 : 2;
/** Every so many moments. */
const stride = thorough ? 1 : 23;
/** Every so many disks, everything is tried again on what is left. */
const recoveries = thorough ? 40 : 10;
const folder = "/models";

const changes = operations.filter(({ done }) => done !== undefined);
let objects: Objects;
beforeAll(async () => {
  objects = await prepared();
});

interface Left {
  readonly disk: MemoryDisk;
  readonly where: string;
  readonly acknowledged: boolean;
}

/** Runs an operation, and cuts the power at each of its calls to the file system, and after it. */
async function cutPower(
  operation: Operation,
  seed: number,
  change: (good: FileOperations) => Partial<FileOperations> = () => ({}),
): Promise<Left[]> {
  const disk = new MemoryDisk();
  await fill(fsStore(folder, { operations: disk.operations }), objects);
  const pick = randomNumbers(seed);
  const left: Left[] = [];
  let moment = 0;
  let begun = false;
  const look = (where: string, acknowledged = false): void => {
    if (!begun || (!acknowledged && moment++ % stride !== 0)) return;
    for (const each of disk.afterPowerFailure({ most: disksOfMoment, pick }))
      left.push({ disk: each, where: `${operation.name}: power failure after ${where}`, acknowledged });
  };
  const watched = Object.fromEntries(
    Object.entries(disk.operations).map(([name, call]: [string, (...values: never[]) => unknown]) => [
      name,
      (...values: never[]) => {
        const result = call(...values);
        // The disk in memory is done at once: nothing else can have happened meanwhile.
        look(name);
        return result;
      },
    ]),
  ) as unknown as FileOperations;
  const registry = await openLines(fsStore(folder, { operations: { ...watched, ...change(watched) } }));
  begun = true;
  await operation.run(registry);
  look("its end", true);
  return left;
}

async function expectWhole({ disk, where, acknowledged }: Left, { done }: Operation): Promise<void> {
  const registry = await openLines(fsStore(folder, { operations: disk.operations }));
  const report = await registry.check({ full: true });
  expect(report.problems, where).toEqual([]);
  expect(report.voids, where).toEqual([]);
  await expectKept(registry, where);
  expect(!acknowledged || (await done!(registry)), `${where}: acknowledged and lost`).toBe(true);
}

async function expectRecovers({ disk, where }: Left, { run, done }: Operation): Promise<void> {
  const store = fsStore(folder, { operations: disk.operations });
  const registry = await openLines(store);
  await expireLeases(store);
  await registry.collectGarbage({ graceSeconds: 0 });
  expect(await leftovers(registry), `${where}: left behind`).toEqual([]);
  await run(registry);
  expect(await done!(registry), `${where}: again`).toBe(true);
  expect((await registry.check({ full: true })).problems, where).toEqual([]);
}

describe("whatever a power failure leaves of a registry in files is whole", () => {
  it.each(changes)("$name", { timeout: 3_600_000 }, async (operation) => {
    const left = await cutPower(operation, operation.name.length);
    for (const [index, each] of left.entries()) {
      await expectWhole(each, operation);
      if (index % recoveries === 0) await expectRecovers(each, operation);
    }
    count("states", left.length);
    expect(left.length).toBeGreaterThan(5);
  });
});

describe("a registry notices files that are written by a protocol which", () => {
  it.each(wrongProtocols.filter((_, index) => thorough || index % 5 === 0))(
    "%s",
    { timeout: 600_000 },
    async (_, change) => {
      for (const operation of changes)
        for (const each of await cutPower(operation, 1, change)) {
          const wrong = await expectWhole(each, operation).catch((error: unknown) => error);
          if (wrong !== undefined) return;
        }
      throw new Error("Nobody noticed");
    },
  );
});
