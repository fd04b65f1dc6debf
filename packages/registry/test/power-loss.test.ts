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
import { Line, lineInputs } from "./support/toy.js";

const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
/** Every so many disks, everything is tried again on what is left. */
const recoveries = thorough ? 40 : 10;
const folder = "/models";

const changes: readonly Operation[] = [
  ...operations.filter(({ done }) => done !== undefined),
  {
    name: "save of bytes that were saved and removed before, with their folders",
    async run(registry) {
      const again = { model: new Line(5), samples: { inputs: lineInputs(0, 1, 2) } };
      await registry.save("lines", again);
      await registry.retention.delete("lines@3", { reason: "old" }).catch(refusal);
      await registry.collectGarbage({ graceSeconds: 0 });
      await registry.save("lines", again);
    },
    done: async (registry) => (await registry.show("lines")).versions.length === 4,
    often: true,
  },
];
const pairs = changes.flatMap((one, index) => changes.slice(index + 1).map((other) => [one, other] as const));

let objects: Objects;
beforeAll(async () => {
  objects = await prepared();
});

interface Left {
  readonly disk: MemoryDisk;
  readonly where: string;
  readonly acknowledged: boolean;
}

interface Looks {
  readonly seed: number;
  /** Of the disks that a power failure at one moment may leave. */
  readonly most: number;
  /** Looks at every so many moments. */
  readonly stride: number;
  readonly change?: (good: FileOperations) => Partial<FileOperations>;
}

const closely: Omit<Looks, "seed"> = thorough ? { most: 40, stride: 1 } : { most: 2, stride: 17 };

/** Runs operations at once, each by a client of its own, and cuts the power at calls to the file system, and after them. */
async function cutPower(
  together: readonly Operation[],
  { seed, most, stride, change = () => ({}) }: Looks,
): Promise<{ readonly left: readonly Left[]; readonly disk: MemoryDisk }> {
  const disk = new MemoryDisk();
  await fill(fsStore(folder, { operations: disk.operations }), objects);
  const pick = randomNumbers(seed);
  const left: Left[] = [];
  let moment = seed % stride;
  let begun = false;
  const names = together.map(({ name }) => name).join(" beside ");
  const look = (where: string, acknowledged = false): void => {
    if (!begun || (!acknowledged && moment++ % stride !== 0)) return;
    for (const each of disk.afterPowerFailure({ most, pick }))
      left.push({ disk: each, where: `${names}: power failure after ${where}`, acknowledged });
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
  const open = () => openLines(fsStore(folder, { operations: { ...watched, ...change(watched) } }));
  const clients = await Promise.all(together.map(open));
  begun = true;
  // What comes first by chance may leave the other nothing to do.
  const alone = together.length === 1;
  await Promise.all(together.map(({ run }, index) => run(clients[index]!).catch(alone ? undefined : refusal)));
  look("its end", true);
  return { left, disk };
}

/** Whatever is left is a whole registry; once everything was acknowledged, with all of `changed`. */
async function expectWhole({ disk, where, acknowledged }: Left, changed: readonly Operation[]): Promise<void> {
  const registry = await openLines(fsStore(folder, { operations: disk.operations }));
  const report = await registry.check({ full: true });
  expect(report.problems, where).toEqual([]);
  expect(report.voids, where).toEqual([]);
  await expectKept(registry, where);
  if (!acknowledged) return;
  for (const { name, done } of changed)
    expect(await done!(registry), `${where}: ${name} was acknowledged and is lost`).toBe(true);
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
    const { left } = await cutPower([operation], { seed: operation.name.length, ...closely });
    for (const [index, each] of left.entries()) {
      await expectWhole(each, [operation]);
      if (index % recoveries === 0) await expectRecovers(each, operation);
    }
    count("states", left.length);
    expect(left.length).toBeGreaterThan(5);
  });

  it("two operations at once", { timeout: 3_600_000 }, async () => {
    const looks = thorough ? { most: 3, stride: 5 } : { most: 2, stride: 41 };
    for (const [index, pair] of pairs.entries()) {
      if (!thorough && index % 70 !== 0) continue;
      const { left, disk } = await cutPower(pair, { seed: index + 1, ...looks });
      const after = await openLines(fsStore(folder, { operations: disk.operations }));
      const changed: Operation[] = [];
      for (const operation of pair) if (await operation.done!(after)) changed.push(operation);
      for (const each of left) await expectWhole(each, changed);
      count("states", left.length);
    }
  });
});

describe("a registry notices files that are written by a protocol which", () => {
  it.each(wrongProtocols.filter((_, index) => thorough || index % 5 === 0))(
    "%s",
    { timeout: 600_000 },
    async (_, change) => {
      // What removes and makes again comes last above, and shows most.
      for (const operation of changes.toReversed()) {
        const { left } = await cutPower([operation], { seed: 1, ...closely, change });
        for (const each of left) {
          const wrong = await expectWhole(each, [operation]).catch((error: unknown) => error);
          if (wrong !== undefined) return;
        }
      }
      throw new Error("Nobody noticed");
    },
  );
});

function refusal(error: unknown): void {
  if (!["conflict", "deleted", "not_found", "already_exists"].includes((error as { code: string }).code)) throw error;
}
