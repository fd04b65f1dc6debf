import { collect, isModelkeepError, ModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { faulty, type StoreFault } from "@modelkeep/testkit";
import { describe, expect, test } from "vitest";
import { retried } from "../src/index.js";

const quick = { firstDelay: 0.1, longestDelay: 1 };
const text = (value: string) => new TextEncoder().encode(value);
const large = new Uint8Array(5_000_000).map((_, index) => (index * 7 + (index >> 8)) % 256);

async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const object = await store.get(key);
  return object && collect(object.stream());
}

function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

async function prepared(): Promise<Store> {
  const store = memoryStore();
  await store.put("large", large);
  for (const key of ["x/1", "x/2", "x/3", "x/4"]) await store.put(key, text(key));
  return store;
}

const faults: readonly StoreFault[] = ["fails", "unanswered", "lost", "late", "slow", "short"];
const passing = [1, 2, 3, 4].flatMap((at) => faults.map((fault) => ({ fault, at })));

test.each(passing)("reading, listing, deleting and writing over get by: $fault at $at", async (plan) => {
  const store = await prepared();
  const open = () => retried(faulty(store, plan), quick);
  expect(same(await read(open(), "large"), large)).toBe(true);

  const target = new Uint8Array(large.length + 5);
  const told: number[] = [];
  const object = (await open().get("large"))!;
  expect(await object.readInto(target, { progress: (filled) => told.push(filled) })).toBe(large.length);
  expect(same(target.subarray(0, large.length), large)).toBe(true);
  expect(told).toEqual(told.toSorted((a, b) => a - b));
  expect(told.at(-1)).toBe(large.length);

  const part = (await open().get("large", { range: { start: 100, end: 4_000_100 } }))!;
  expect(same(await collect(part.stream()), large.subarray(100, 4_000_100))).toBe(true);

  const keys: string[] = [];
  for await (const { key } of open().list("x/")) keys.push(key);
  expect(keys).toEqual(["x/1", "x/2", "x/3", "x/4"]);
  expect((await open().head("x/2"))!.size).toBe(3);

  await open().put("x/1", text("written over"));
  expect(same(await read(store, "x/1"), text("written over"))).toBe(true);
  await open().delete("x/2");
  expect(await store.head("x/2")).toBeUndefined();
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield large.subarray(0, 1_000_000);
    yield large.subarray(1_000_000);
  };
  const info = await open().put(() => "late", body);
  expect([info.key, info.size]).toEqual(["late", large.length]);
  expect(same(await read(store, "late"), large)).toBe(true);
});

describe("a conditional put", () => {
  /** What three operations later, when whatever was on its way has come, lies at the key. */
  async function settled(below: Store, above: Store): Promise<Uint8Array | undefined> {
    for (let turn = 0; turn < 5; turn++) await above.head("elsewhere").catch(() => undefined);
    return read(below, "k");
  }

  test.each(passing)("is ours, another's or not known, and never told wrongly: $fault at $at", async (plan) => {
    for (const before of [undefined, "another's", "ours"]) {
      const below = memoryStore();
      if (before !== undefined) await below.put("k", text(before));
      const broken = faulty(below, plan);
      const outcome = await retried(broken, quick)
        .put("k", text("ours"), { if: "absent" })
        .then(() => "written")
        .catch((error: unknown) => (error as { code: string }).code);
      const found = new TextDecoder().decode(await settled(below, broken));
      const right = {
        written: before === undefined && found === "ours",
        already_exists: before !== undefined && found === before,
        unknown_outcome: found === (before ?? "ours"),
      }[outcome];
      expect(right, `${outcome}, ${before ?? "nothing"} before, ${found} after`).toBe(true);
    }
  });

  test("whose answer was lost is written when nothing is there", async () => {
    const below = memoryStore();
    const store = retried(faulty(below, { fault: "lost", at: 1 }), quick);
    await store.put("k", text("ours"), { if: "absent" });
    expect(same(await read(below, "k"), text("ours"))).toBe(true);
  });

  test("that was done without an answer stays unknown: what is there may be another's", async () => {
    const store = retried(faulty(memoryStore(), { fault: "unanswered", at: 1 }), quick);
    await expect(store.put("k", text("ours"), { if: "absent" })).rejects.toMatchObject({ code: "unknown_outcome" });
  });

  test("of which nothing more can be found out is unknown, whatever came after", async () => {
    const below = memoryStore();
    let puts = 0;
    const store: Store = {
      ...below,
      put: async () => {
        throw new ModelkeepError(puts++ === 0 ? "unknown_outcome" : "io_error", "injected");
      },
    };
    await expect(retried(store, quick).put("k", text("ours"), { if: "absent" })).rejects.toMatchObject({
      code: "unknown_outcome",
    });
    expect(puts).toBe(5);
    const unreadable: Store = {
      ...store,
      get: async () => {
        throw new ModelkeepError("io_error", "injected");
      },
    };
    puts = 0;
    await expect(retried(unreadable, quick).put("k", text("ours"), { if: "absent" })).rejects.toMatchObject({
      code: "unknown_outcome",
    });
    expect(puts, "nothing is put while it is not known what is there").toBe(1);
  });

  test("that came second is refused without another attempt", async () => {
    const below = faulty(await prepared());
    await expect(retried(below, quick).put("x/1", text("y"), { if: "absent" })).rejects.toMatchObject({
      code: "already_exists",
    });
    expect(below.operations).toEqual(["put"]);
  });
});

test("gives up after so many attempts, with the store's own error", async () => {
  const below = faulty(await prepared(), { fault: "fails", at: 1, times: Infinity });
  await expect(retried(below, { ...quick, attempts: 3 }).head("x/1")).rejects.toMatchObject({ code: "io_error" });
  expect(below.operations).toEqual(["head", "head", "head"]);
});

test("what would not help is not tried again", async () => {
  const below = faulty(await prepared());
  const store = retried(below, quick);
  await expect(store.put("x/1", text("y"), { size: 5 })).rejects.toMatchObject({ code: "size_mismatch" });
  await expect(store.get("a//b")).rejects.toMatchObject({ code: "invalid_key" });
  const trouble = new ModelkeepError("io_error", "the body's own disk failed");
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    yield text("x");
    throw trouble;
  };
  await expect(store.put("new", failing)).rejects.toBe(trouble);
  expect(below.operations).toEqual(["put", "get", "put"]);
});

test("a signal ends the wait between attempts", async () => {
  const below = faulty(memoryStore(), { fault: "fails", at: 1, times: Infinity });
  const controller = new AbortController();
  const store = retried(below, { attempts: 100, firstDelay: 60_000, longestDelay: 60_000 });
  const waiting = [
    store.head("x", { signal: controller.signal }),
    store.put("x", text("x"), { signal: controller.signal }),
    store.delete("x", { signal: controller.signal }),
    collectKeys(store.list("", { signal: controller.signal })),
  ].map((each) =>
    each.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
  setTimeout(() => controller.abort(), 20);
  for (const error of await Promise.all(waiting)) expect(isModelkeepError(error, "aborted"), String(error)).toBe(true);
});

async function collectKeys(entries: AsyncIterable<{ readonly key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of entries) keys.push(key);
  return keys;
}

test("an object that was replaced meanwhile is a conflict where the store says so, never a mixture", async () => {
  const below = memoryStore();
  await below.put("large", large);
  const object = (await retried(faulty(below, { fault: "fails", at: 2 }), quick).get("large"))!;
  const pieces: Uint8Array[] = [];
  for await (const piece of object.stream()) {
    if (pieces.length === 0) await below.put("large", new Uint8Array(large.length));
    pieces.push(piece);
  }
  expect(same(Buffer.concat(pieces), large)).toBe(true);
});
