import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isModelkeepError, type Store } from "@modelkeep/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { intercepted } from "../src/faults/index.js";
import { type Connection, sqliteStore } from "../src/index.js";

const root = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "modelkeep-sqlite-faults-"));
afterAll(() => rmSync(root, { recursive: true }));
let files = 0;
const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";

const old = new TextEncoder().encode("what was there before");
/** Some rows in several transactions. */
const large = new Uint8Array(2_500_000).map((_, index) => (index * 7 + (index >> 8)) % 256);

/** By primary or extended result code, https://sqlite.org/rescode.html */
const errors = { IOERR: 10, IOERR_FSYNC: 1034, FULL: 13 } as const;

interface Plan {
  readonly error: keyof typeof errors;
  readonly at: number;
  readonly times: number;
  /** The call takes effect all the same: the disk failed after it. */
  readonly late?: true;
}

/** Lets calls to SQLite fail, once the store is open, and writes down what they were. */
function failing(plan?: Plan): { readonly calls: string[]; between(connection: Connection): Connection } {
  const calls: string[] = [];
  return {
    calls,
    between: (connection) =>
      intercepted(connection, (what, call) => {
        calls.push(what);
        const number = calls.length;
        if (plan === undefined || number < plan.at || number >= plan.at + plan.times) return call();
        if (plan.late === true) call();
        throw Object.assign(new Error(`injected at ${what}`), {
          code: "ERR_SQLITE_ERROR",
          errcode: errors[plan.error],
        });
      }),
  };
}

const plans: readonly Omit<Plan, "at">[] = [
  ...(["IOERR", "IOERR_FSYNC", "FULL"] as const).flatMap((error) => [
    { error, times: 1 },
    { error, times: Infinity },
  ]),
  ...(["IOERR", "IOERR_FSYNC"] as const).map((error) => ({ error, times: 1, late: true as const })),
];

interface Change {
  readonly name: string;
  readonly key: string;
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
  readonly make: (store: Store) => Promise<unknown>;
}

const changes: readonly Change[] = [
  {
    name: "put if absent",
    key: "log/1",
    before: undefined,
    after: old,
    make: (store) => store.put("log/1", old, { if: "absent" }),
  },
  {
    name: "put of a large body",
    key: "blobs/x",
    before: undefined,
    after: large,
    make: (store) => store.put("blobs/x", large),
  },
  {
    name: "put over what is there",
    key: "there",
    before: old,
    after: large,
    make: (store) => store.put("there", large),
  },
  { name: "delete", key: "there", before: old, after: undefined, make: (store) => store.delete("there") },
];

const template = join(root, "template.db");
beforeAll(async () => {
  const store = sqliteStore(template);
  await store.put("there", old);
  await store.put("other", old);
  await store[Symbol.asyncDispose]?.();
});

function prepared(): string {
  const file = join(root, `${files++}.db`);
  copyFileSync(template, file);
  return file;
}

async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const object = await store.get(key);
  if (object === undefined) return undefined;
  const bytes = new Uint8Array(object.info.size);
  expect(await object.readInto(bytes)).toBe(bytes.length);
  return bytes;
}

const same = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a === undefined || b === undefined ? a === b : Buffer.compare(a, b) === 0;

async function expectAllOrNothing(change: Change, file: string, error: unknown, where: string): Promise<void> {
  const store = sqliteStore(file);
  const found = await read(store, change.key);
  const [isOld, isNew] = [same(found, change.before), same(found, change.after)];
  expect(isOld || isNew, `${where}: half there`).toBe(true);
  expect(same(await read(store, "other"), old), `${where}: another object`).toBe(true);
  expect(error === undefined && !isNew, `${where}: acknowledged, but not done`).toBe(false);
  expect(isModelkeepError(error, "io_error") && !isOld, `${where}: told to have failed, but done`).toBe(false);
  expect(error === undefined || isModelkeepError(error), `${where}: a foreign error ${String(error)}`).toBe(true);
  // Whatever happened, it can be tried again.
  const again = await change.make(store).catch((trouble: unknown) => trouble);
  expect(isModelkeepError(again) && again.code !== "already_exists", `${where}: again`).toBe(false);
  expect(same(await read(store, change.key), change.after), `${where}: after that`).toBe(true);
  await store[Symbol.asyncDispose]?.();
}

describe.each(changes)("all or nothing: $name", (change) => {
  test.for(thorough ? plans : plans.filter(({ error }) => error === "IOERR"))(
    "$error at each call, $times times, takes effect: $late",
    { timeout: 600_000 },
    async (plan, { task }) => {
      const clean = failing();
      const first = sqliteStore(prepared(), clean);
      await change.make(first);
      await first[Symbol.asyncDispose]?.();
      let tried = 0;
      for (let at = 1; at <= clean.calls.length; at++) {
        const what = clean.calls[at - 1]!;
        // Only these may have happened although they were told to have failed.
        if (plan.late === true && what !== "COMMIT") continue;
        const file = prepared();
        const store = sqliteStore(file, failing({ ...plan, at }));
        const error = await change.make(store).then(
          () => undefined,
          (trouble: unknown) => trouble,
        );
        await store[Symbol.asyncDispose]?.();
        await expectAllOrNothing(change, file, error, `${plan.error} at ${at}, ${what}`);
        rmSync(file);
        tried++;
      }
      Object.assign(task.meta, { counts: { faults: tried } });
    },
  );
});

test("a full disk is told, nothing is half there, and after room is made it goes on", async () => {
  const file = prepared();
  // 8 KiB each: what SQLite itself says when the disk is full, without filling one.
  const between = (connection: Connection): Connection => {
    connection.exec("PRAGMA max_page_count = 120");
    return connection;
  };
  const store = sqliteStore(file, { between });
  const small = new Uint8Array(50_000).fill(7);
  let written = 0;
  let error: unknown;
  while (error === undefined)
    error = await store.put(`small/${written}`, small).then(
      () => void written++,
      (trouble: unknown) => trouble,
    );
  expect(error).toMatchObject({ code: "io_error", message: expect.stringMatching(/full.*make room/u) as string });
  expect(written).toBeGreaterThan(5);
  await expect(store.put("large", large)).rejects.toMatchObject({ code: "io_error" });
  for (let number = 0; number < written; number++) expect(await read(store, `small/${number}`)).toEqual(small);
  expect(await store.head("large")).toBeUndefined();
  expect(await store.head(`small/${written}`)).toBeUndefined();

  await store.delete("small/0");
  await store.delete("small/1");
  await store.put("again", small);
  expect(await read(store, "again")).toEqual(small);
  await store[Symbol.asyncDispose]?.();
});

test("once it is closed, the file alone holds everything", async () => {
  const file = prepared();
  const store = sqliteStore(file);
  await store.put("large", large);
  await store[Symbol.asyncDispose]?.();
  const copy = join(root, "copy.db");
  copyFileSync(file, copy);
  const copied = sqliteStore(copy);
  expect(same(await read(copied, "large"), large)).toBe(true);
  await copied[Symbol.asyncDispose]?.();
});
