import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isModelkeepError, type Store } from "@modelkeep/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fsStore, nodeFileOperations } from "../src/index.js";
import { faultyOperations, Killed, type Fault, type FaultPlan } from "../src/faults/index.js";

const old = new TextEncoder().encode("what was there before");
const large = new Uint8Array(700_000).map((_, index) => (index * 7 + (index >> 8)) % 256);

const inPieces = (): AsyncIterable<Uint8Array> => pieces();

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < large.length; start += 300_000) yield large.slice(start, start + 300_000);
}

/** A change of one object. */
interface Change {
  readonly name: string;
  readonly key: string;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
  readonly make: (store: Store) => Promise<unknown>;
}

/** To be made while the file system fails at each of its calls in turn. */
const changes: readonly Change[] = [
  {
    name: "put of a new object in new folders, if absent",
    key: "models/new/log/1",
    before: undefined,
    after: large,
    make: (store) => store.put("models/new/log/1", inPieces, { if: "absent" }),
  },
  {
    name: "put of a small object beside others, if absent",
    key: "models/a/log/2",
    before: undefined,
    after: large.subarray(0, 1000),
    make: (store) => store.put("models/a/log/2", large.subarray(0, 1000), { if: "absent" }),
  },
  {
    name: "put over what is there",
    key: "models/a/log/1",
    before: old,
    after: large,
    make: (store) => store.put("models/a/log/1", inPieces),
  },
  {
    name: "put with a late key",
    key: "blobs/sha256/x",
    before: undefined,
    after: large,
    make: (store) => store.put(() => "blobs/sha256/x", inPieces, { if: "absent" }),
  },
  {
    name: "delete of the last object in its folder",
    key: "models/a/log/1",
    before: old,
    after: undefined,
    make: (store) => store.delete("models/a/log/1"),
  },
];

const plans: readonly Omit<FaultPlan, "at">[] = (["EIO", "ENOSPC", "short"] as const)
  .flatMap((fault: Fault): Omit<FaultPlan, "at">[] => [{ fault }, { fault, persistent: true }])
  .concat([{ fault: "killed before" }, { fault: "killed after" }]);

let root: string;
let count = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "modelkeep-fs-faults-"));
});
afterAll(() => rm(root, { recursive: true }));

async function prepared(): Promise<string> {
  const folder = join(root, String(count++));
  await fsStore(folder).put("models/a/log/1", old);
  await fsStore(folder).put("other", old);
  return folder;
}

async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const object = await store.get(key);
  if (object === undefined) return undefined;
  const bytes = new Uint8Array(object.info.size + 1);
  return bytes.subarray(0, await object.readInto(bytes));
}

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}

/** What a promise rejects with; undefined when it resolves. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

function same(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;
}

/** What is wrong with the folder after the change was made or has failed; nothing, if all is well. */
async function complaints(change: Change, folder: string, error: unknown): Promise<string[]> {
  const { key, before, after } = change;
  const store = fsStore(folder);
  const found = await read(store, key);
  const [isOld, isNew] = [same(found, before), same(found, after)];
  const others = (await keysOf(store)).filter((other) => other !== key && other !== "models/a/log/1");
  const known = error === undefined || error instanceof Killed || isModelkeepError(error);
  return Object.entries({
    "neither old nor new": !isOld && !isNew,
    "another object has changed": !same(await read(store, "other"), old) || others.join() !== "other",
    "acknowledged, but not done": error === undefined && !isNew,
    "told to have failed, but it is there": after !== undefined && isNew && isModelkeepError(error, "io_error"),
    [`a foreign error: ${String(error as Error)}`]: !known,
  }).flatMap(([complaint, isRight]) => (isRight ? [complaint] : []));
}

describe.each(changes)("$name", (change) => {
  const { key, after, make } = change;

  test.each(plans)("all or nothing, with $fault at each call (persistent: $persistent)", async (plan) => {
    const clean = faultyOperations(nodeFileOperations);
    await make(fsStore(await prepared(), { operations: clean }));
    const errors: unknown[] = [];
    for (let at = 1; at <= clean.calls.length; at++) {
      const folder = await prepared();
      const operations = faultyOperations(nodeFileOperations, { ...plan, at });
      const error = await failure(make(fsStore(folder, { operations })));
      if (error !== undefined) errors.push(error);
      const where = `${plan.fault} at call ${at}, ${operations.calls[at - 1]}`;
      expect(await complaints(change, folder, error), where).toEqual([]);

      // Whatever happened, it can be tried again, and what was left behind is in nobody's way.
      const again = await failure(make(fsStore(folder)));
      expect(again === undefined || isModelkeepError(again, "already_exists"), where).toBe(true);
      expect(same(await read(fsStore(folder), key), after), `${where}: tried again`).toBe(true);
      const mayLeave = plan.fault.startsWith("killed") || plan.persistent || operations.calls[at - 1] === "remove";
      const left = await readdir(join(folder, ".tmp"));
      expect(mayLeave ? [] : left, `${where}: left behind`).toEqual([]);
    }
    // The faults did arrive; but a short write is no trouble.
    expect(errors.length > 3).toBe(plan.fault !== "short");
  });
});

test("bytes are on the disk before they have a name, and the name before it is acknowledged", async () => {
  for (const { make, after } of changes.filter(({ after }) => after !== undefined)) {
    const operations = faultyOperations(nodeFileOperations);
    await make(fsStore(join(root, String(count++)), { operations }));
    const calls = operations.calls.filter((name) => !["look", "facts", "close", "makeFolder"].includes(name));
    const named = calls.findLastIndex((name) => name === "link" || name === "rename");
    expect(calls.lastIndexOf("write"), `${after?.length}`).toBeLessThan(calls.indexOf("sync"));
    expect(calls.indexOf("sync")).toBeLessThan(named);
    expect(calls.slice(named + 1, named + 4), "the folder, and those above it that are new").toEqual(
      Array.from({ length: 3 }, () => "syncFolder"),
    );
  }
});

test("a file whose sync has failed is thrown away, never synced again", async () => {
  for (const call of ["sync", "syncData"] as const) {
    const calls: string[] = [];
    const fail = Object.assign(new Error("EIO: injected, fsync"), { code: "EIO", syscall: "fsync" });
    const logged = (name: "sync" | "syncData" | "link" | "rename") => ({
      [name]: (...values: unknown[]) => {
        calls.push(name);
        if (name === call) throw fail;
        return (nodeFileOperations[name] as (...values: unknown[]) => unknown)(...values);
      },
    });
    const operations = {
      ...nodeFileOperations,
      ...logged("sync"),
      ...logged("syncData"),
      ...logged("link"),
      ...logged("rename"),
    };
    const store = fsStore(await prepared(), { operations });
    const piece = new Uint8Array(16 << 20);
    const body = async function* (): AsyncGenerator<Uint8Array> {
      for (let turn = 0; turn < 5; turn++) yield piece;
    };
    await expect(store.put("x", body)).rejects.toMatchObject({ code: "io_error" });
    expect(calls.filter((name) => name === call)).toEqual([call]);
    expect(calls).not.toContain("rename");
    expect(await store.head("x")).toBeUndefined();
  }
});

test.each(plans.filter(({ fault }) => !fault.startsWith("killed")))(
  "reading and listing give all or an error, with $fault at each call (persistent: $persistent)",
  async (plan) => {
    const folder = await prepared();
    await fsStore(folder).put("large", large);
    for (const [what, use, expected] of [
      ["read", async (store: Store) => Buffer.from((await read(store, "large"))!).equals(large), true],
      ["list", keysOf, ["large", "models/a/log/1", "other"]],
    ] as const) {
      const clean = faultyOperations(nodeFileOperations);
      await use(fsStore(folder, { operations: clean }));
      for (let at = 1; at <= clean.calls.length; at++) {
        const operations = faultyOperations(nodeFileOperations, { ...plan, at });
        try {
          expect(await use(fsStore(folder, { operations })), `${what}, ${plan.fault} at call ${at}`).toEqual(expected);
        } catch (error) {
          if (!isModelkeepError(error, "io_error")) throw error;
        }
      }
    }
  },
);
