import type { Store } from "@modelkeep/core";
import { expect, test } from "vitest";
import { fsStore, type FileOperations } from "../src/index.js";
import { MemoryDisk, wrongProtocols } from "../src/faults/index.js";

const first = new TextEncoder().encode("the first version");
const second = new TextEncoder().encode("the second one");

interface Step {
  readonly key: string;
  /** What must be there once the step is acknowledged. */
  readonly content: Uint8Array | undefined;
  readonly make: (store: Store) => Promise<unknown>;
}

function put(key: string, content: Uint8Array, options: { if?: "absent" } = {}): Step {
  return { key, content, make: (store) => store.put(key, content, options) };
}

/** Done one after the other: objects in new folders and in old ones, replaced, deleted with their folders, made anew. */
const steps: readonly Step[] = [
  put("models/a/log/1", first, { if: "absent" }),
  put("models/a/log/2", second, { if: "absent" }),
  put("models/a/log/1", second),
  { key: "models/a/log/2", content: undefined, make: (store) => store.delete("models/a/log/2") },
  { key: "models/a/log/1", content: undefined, make: (store) => store.delete("models/a/log/1") },
  put("models/a/log/1", first, { if: "absent" }),
  put("blobs/x", second),
];

interface Findings {
  states: number;
  readonly wrong: string[];
}

/** Cuts the power after each call to the file system, and looks at every disk that this may leave. */
async function cutPower(change: (good: FileOperations) => Partial<FileOperations> = () => ({})): Promise<Findings> {
  const disk = new MemoryDisk();
  const findings: Findings = { states: 0, wrong: [] };
  /** By key, what may be found: what was acknowledged last, and while a step runs what it is about to make. */
  const allowed = new Map<string, (Uint8Array | undefined)[]>(steps.map(({ key }) => [key, [undefined]]));
  let looking: Promise<void> = Promise.resolve();

  async function look(call: string): Promise<void> {
    for (const left of disk.afterPowerFailure()) {
      findings.states++;
      const store = fsStore("/store", { operations: left.operations });
      for (const [key, contents] of allowed) {
        const found = await read(store, key);
        if (!contents.some((content) => content?.join() === found?.join()))
          findings.wrong.push(`${key} has ${found?.length ?? "no"} bytes after a power failure after ${call}`);
      }
    }
  }

  const watched = Object.fromEntries(
    Object.entries(disk.operations).map(([name, operation]) => [
      name,
      async (...values: never[]) => {
        const result: unknown = await (operation as (...values: never[]) => unknown)(...values);
        looking = looking.then(() => look(name));
        await looking;
        return result;
      },
    ]),
  ) as unknown as FileOperations;

  const store = fsStore("/store", { operations: { ...watched, ...change(watched) } });
  for (const { key, content, make } of steps) {
    allowed.set(key, [...allowed.get(key)!.slice(-1), content]);
    await make(store);
    allowed.set(key, [content]);
    await look("the end of a step");
  }
  return findings;
}

async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const object = await store.get(key);
  if (object === undefined) return undefined;
  const bytes = new Uint8Array(object.info.size);
  await object.readInto(bytes);
  return bytes;
}

test("whatever a power failure forgets, what was acknowledged is there, and nothing is half there", async ({
  task,
}) => {
  const { states, wrong } = await cutPower();
  Object.assign(task.meta, { counts: { states } });
  expect(wrong).toEqual([]);
  expect(states).toBeGreaterThan(1000);
});

test.each(wrongProtocols)("a store that %s is found out", async (_, change) => {
  const { wrong } = await cutPower(change);
  expect(wrong.length).toBeGreaterThan(0);
});
