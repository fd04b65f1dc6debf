import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Store } from "@modelkeep/core";
import { DatabaseSync, type DatabaseSyncInstance } from "@photostructure/sqlite";
import { afterEach, beforeEach, expect, test } from "vitest";
import { pieceSize } from "./schema.js";
import { sqliteStore } from "./sqlite-store.js";

const bytes = new TextEncoder().encode("bytes");
let folder: string;
let file: string;
let store: Store;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "modelkeep-sqlite-"));
  file = join(folder, "models.db");
  store = sqliteStore(file);
});
afterEach(async () => {
  await store[Symbol.asyncDispose]?.();
  await rm(folder, { recursive: true });
});

/** Another connection, as another process would have it. */
function inspect<T>(action: (database: DatabaseSyncInstance) => T): T {
  const database = new DatabaseSync(file, { timeout: 5000 });
  try {
    return action(database);
  } finally {
    database.close();
  }
}

const count = (table: string): number =>
  inspect((database) => (database.prepare(`SELECT count(*) AS n FROM ${table}`).get() as { n: number }).n);

async function* zeros(pieces: number): AsyncGenerator<Uint8Array> {
  for (let turn = 0; turn < pieces; turn++) yield new Uint8Array(pieceSize);
}

test("a file that does not exist is an empty store, and is not made by reading", async () => {
  expect(await store.get("a")).toBeUndefined();
  expect(await store.head("a")).toBeUndefined();
  for await (const _ of store.list("")) expect.unreachable();
  await store.delete("a");
  expect(existsSync(file)).toBe(false);
});

test("what was replaced or deleted takes no room, whatever its size", async () => {
  for (const pieces of [1, 30]) {
    await store.put("a", () => zeros(pieces));
    await store.put("a", () => zeros(pieces));
    expect(count("pieces")).toBe(pieces);
    await store.delete("a");
    expect(count("pieces")).toBe(0);
  }
  expect(count("unpublished")).toBe(0);
});

test("a body that fails takes no room", async () => {
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield* zeros(30);
    throw new Error("the body failed");
  };
  await expect(store.put("a", failing)).rejects.toThrow("the body failed");
  expect([count("pieces"), count("unpublished"), count("objects")]).toEqual([0, 0, 0]);
});

test("what a crashed process left is removed after a day, and not what is being written", async () => {
  await store.put("a", bytes);
  const yesterday = Date.now() - 25 * 60 * 60 * 1000;
  inspect((database) => {
    for (const [body, touched] of [
      [1001, yesterday],
      [1002, Date.now()],
    ] as const) {
      database.prepare("INSERT INTO unpublished VALUES (?, ?)").run(body, touched);
      for (let index = 0; index < 20; index++)
        database.prepare("INSERT INTO pieces VALUES (?, ?)").run(body * 2 ** 20 + index, bytes);
    }
  });
  const other = sqliteStore(file);
  await other.put("b", bytes);
  await other[Symbol.asyncDispose]?.();
  expect(inspect((database) => database.prepare("SELECT body FROM unpublished").all())).toEqual([{ body: 1002 }]);
  expect(count("pieces")).toBe(22);
});

test("an upload that was taken for abandoned fails instead of losing its beginning", async () => {
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield* zeros(5);
    inspect((database) => database.exec("DELETE FROM unpublished; DELETE FROM pieces"));
    yield* zeros(5);
  };
  await expect(store.put("a", body)).rejects.toMatchObject({ code: "io_error" });
  expect(await store.head("a")).toBeUndefined();
});

test("a database of something else is refused and left alone", async () => {
  inspect((database) => database.exec("CREATE TABLE theirs (x)"));
  await expect(store.put("a", bytes)).rejects.toMatchObject({ code: "malformed" });
  await expect(store.get("a")).rejects.toMatchObject({ code: "malformed" });
  expect(inspect((database) => database.prepare("SELECT name FROM sqlite_schema").all())).toEqual([{ name: "theirs" }]);
});

test("a file that is no database is refused", async () => {
  await writeFile(file, "not a database, but long enough to be taken for one".repeat(100));
  await expect(store.get("a")).rejects.toMatchObject({ code: "malformed" });
});

test("a store of a later version is refused", async () => {
  await store.put("a", bytes);
  inspect((database) => database.exec("PRAGMA user_version = 2"));
  await expect(sqliteStore(file).get("a")).rejects.toMatchObject({ code: "unknown_format_version" });
});

test("a row that is missing or of another size is an error", async () => {
  for (const damage of [
    "DELETE FROM pieces WHERE piece % 1048576 = 2",
    "UPDATE pieces SET bytes = x'00' WHERE piece % 1048576 = 2",
  ]) {
    await store.put("a", () => zeros(4));
    inspect((database) => database.exec(damage));
    const object = await store.get("a");
    await expect(object!.readInto(new Uint8Array(4 * pieceSize))).rejects.toMatchObject({ code: "malformed" });
    expect(await object!.readInto(new Uint8Array(10))).toBe(10);
  }
});

test("a lock that others hold is waited for, without holding up the event loop, and not for ever", async () => {
  await store.put("a", bytes);
  const impatient = sqliteStore(file, { patience: 200 });
  const database = new DatabaseSync(file);
  database.exec("BEGIN IMMEDIATE");
  let turns = 0;
  const timer = setInterval(() => turns++, 5);
  const waiting = store.put("b", bytes);
  await expect(impatient.put("c", bytes)).rejects.toMatchObject({ code: "io_error", message: /patience/ });
  clearInterval(timer);
  expect(await store.head("a")).toMatchObject({ size: 5 });
  database.exec("COMMIT");
  database.close();
  expect(await waiting).toMatchObject({ key: "b" });
  // It went round all the while, however busy the machine is.
  expect(turns).toBeGreaterThan(5);
  await impatient[Symbol.asyncDispose]?.();
});

test("a closed store says so", async () => {
  await store.put("a", bytes);
  await store[Symbol.asyncDispose]?.();
  await expect(store.get("a")).rejects.toThrow(/closed/);
  const unused = sqliteStore(file);
  await unused[Symbol.asyncDispose]?.();
  await expect(unused.put("a", bytes)).rejects.toThrow(/closed/);
});

test("keys that can't be found any more, because the order of the file's index is damaged, are told", async () => {
  const key = (number: number): string => `models/a/log/${String(number).padStart(12, "0")}.json`;
  for (let number = 1; number <= 200; number++) await store.put(key(number), bytes);
  expect(await store.faults!()).toEqual([]);
  await store[Symbol.asyncDispose]!();
  const damaged = await readFile(file);
  for (let at = damaged.indexOf(key(150)); at >= 0; at = damaged.indexOf(key(150)))
    damaged.write("9", at + key(150).indexOf("150"), "latin1");
  await writeFile(file, damaged);
  store = sqliteStore(file);
  // As if it had never been written: nothing else would say so.
  expect(await store.get(key(150))).toBeUndefined();
  expect(await store.faults!()).toEqual([expect.stringContaining("objects")]);
});

test.each(["bytes BLOB", "TABLE pieces", "body INTEGER NOT"])(
  "a damaged schema (in %s) is told as what it is",
  async (words) => {
    await store.put("a", bytes);
    await store[Symbol.asyncDispose]?.();
    const content = await readFile(file);
    const at = content.indexOf(words) + words.lastIndexOf(" ") - 1;
    content[at]! ^= 1;
    await writeFile(file, content);
    store = sqliteStore(file);
    const read = async () => {
      const object = await store.get("a");
      await object!.readInto(new Uint8Array(bytes.length));
    };
    await expect(read()).rejects.toMatchObject({ code: "malformed" });
    await expect(store.put("b", bytes)).rejects.toMatchObject({ code: "malformed" });
  },
);

test("a listing that meets a damaged page after good ones says so", async () => {
  const key = (number: number): string => `models/a/log/${String(number).padStart(12, "0")}.json`;
  for (let number = 1; number <= 400; number++) await store.put(key(number), bytes);
  await store[Symbol.asyncDispose]!();
  const damaged = await readFile(file);
  const page = Math.floor(damaged.indexOf(key(390)) / 8192) * 8192;
  damaged.fill(0xff, page, page + 8);
  await writeFile(file, damaged);
  store = sqliteStore(file);
  const listing = (async () => {
    for await (const entry of store.list("models/")) expect(entry.size).toBe(bytes.length);
  })();
  await expect(listing).rejects.toMatchObject({ code: "malformed" });
});
