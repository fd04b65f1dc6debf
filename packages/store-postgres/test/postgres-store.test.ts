import { randomBytes } from "node:crypto";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { collect, type Store } from "@modelkeep/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { createSchema, postgresStore } from "../src/index.js";
import { pieceSize } from "../src/schema.js";
import { cuttingProxy } from "./cutting-proxy.js";
import { administer, dropSchema, url } from "./server.js";

const bytes = new TextEncoder().encode("bytes");

/** 4 GiB take minutes: `MODELKEEP_LONG_TESTS=1`. */
const long = process.env["MODELKEEP_LONG_TESTS"] === "1";

async function* zeros(pieces: number): AsyncGenerator<Uint8Array> {
  for (let turn = 0; turn < pieces; turn++) yield new Uint8Array(pieceSize);
}

describe.skipIf(url === undefined)("PostgreSQL (needs MODELKEEP_TEST_POSTGRES)", () => {
  let schema: string;
  let store: Store;
  beforeEach(async () => {
    schema = `test_${randomBytes(6).toString("hex")}`;
    store = postgresStore({ url, schema });
  });
  afterEach(async () => {
    await store[Symbol.asyncDispose]?.();
    await dropSchema(schema);
  });
  const count = async (table: string): Promise<number> =>
    Number((await administer(`SELECT count(*) FROM ${schema}.${table}`))[0]!["count"]);

  test("without its tables the store says how to make them, and makes none by itself", async () => {
    for (const call of [
      () => store.get("a"),
      () => store.put("a", bytes),
      () => store.list("")[Symbol.asyncIterator]().next(),
    ])
      await expect(call()).rejects.toMatchObject({ code: "not_found", message: /store init/u });
    expect(await createSchema({ url, schema })).toBe(true);
    expect(await createSchema({ url, schema })).toBe(false);
    await store.put("a", bytes);
  });

  test("of many who make the tables at the same moment one does", async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => createSchema({ url, schema })));
    expect(made.filter((each) => each)).toHaveLength(1);
  });

  test("a store of another format is refused", async () => {
    await createSchema({ url, schema });
    await administer(`UPDATE ${schema}.about SET format = 2`);
    await expect(store.put("a", bytes)).rejects.toMatchObject({ code: "unknown_format_version" });
    await expect(createSchema({ url, schema })).rejects.toMatchObject({ code: "unknown_format_version" });
  });

  test("what was replaced, deleted or failed takes no room", async () => {
    await createSchema({ url, schema });
    for (const pieces of [1, 70]) {
      await store.put("a", () => zeros(pieces));
      await store.put("a", () => zeros(pieces));
      expect(await count("pieces")).toBe(pieces);
      await store.delete("a");
      expect(await count("pieces")).toBe(0);
    }
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield* zeros(3);
      throw new Error("the body failed");
    };
    await expect(store.put("a", failing)).rejects.toThrow("the body failed");
    await store.put("a", () => zeros(2));
    await expect(store.put("a", () => zeros(2), { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
    await store.put("a", bytes);
    expect([await count("pieces"), await count("unpublished"), await count("objects")]).toEqual([0, 0, 1]);
  }, 60_000);

  test("what a crashed process left is removed after a day, and not what is being written", async () => {
    await createSchema({ url, schema });
    await administer(
      `INSERT INTO ${schema}.unpublished VALUES (1001, now() - interval '25 hours'), (1002, now())`,
      `INSERT INTO ${schema}.pieces SELECT body, piece, 'x' FROM generate_series(1001, 1002) AS body, generate_series(0, 99) AS piece`,
    );
    await store.put("b", bytes);
    expect(await administer(`SELECT body FROM ${schema}.unpublished`)).toEqual([{ body: "1002" }]);
    expect(await count("pieces")).toBe(100);
  });

  test("an upload that was taken for abandoned fails instead of losing its beginning", async () => {
    await createSchema({ url, schema });
    const body = (after: number) =>
      async function* (): AsyncGenerator<Uint8Array> {
        yield* zeros(2);
        await administer(`DELETE FROM ${schema}.unpublished`, `DELETE FROM ${schema}.pieces`);
        yield* zeros(after);
      };
    for (const after of [0, 2])
      await expect(store.put("a", body(after))).rejects.toMatchObject({ code: "io_error", message: /stalled/u });
    expect(await store.head("a")).toBeUndefined();
  });

  test("a piece that is missing or of another size is an error", async () => {
    await createSchema({ url, schema });
    for (const damage of [
      "DELETE FROM SCHEMA.pieces WHERE piece = 2",
      "UPDATE SCHEMA.pieces SET bytes = 'x' WHERE piece = 2",
    ]) {
      await store.put("a", () => zeros(4));
      await administer(damage.replace("SCHEMA", schema));
      const object = await store.get("a");
      await expect(object!.readInto(new Uint8Array(4 * pieceSize))).rejects.toMatchObject({ code: "malformed" });
      expect(await object!.readInto(new Uint8Array(10))).toBe(10);
    }
  });

  test.each([bytes.length, 2.5 * pieceSize])(
    "a connection that breaks anywhere in a put of %i bytes leads to a known outcome",
    async (size) => {
      await createSchema({ url, schema });
      const body = new Uint8Array(size).fill(7);
      const through = async (cut: Parameters<typeof cuttingProxy>[1], key: string) => {
        const proxy = await cuttingProxy(new URL(url!), cut);
        const broken = postgresStore({ url: proxy.url, schema, connections: 1 });
        try {
          await broken.put(key, body, { if: "absent" });
          await broken.put(`${key}-over`, body);
          return proxy.messages();
        } finally {
          await broken[Symbol.asyncDispose]?.();
          await proxy.close();
        }
      };
      const messages = await through(undefined, "first");
      expect(messages).toBeGreaterThan(4);
      // Of a long body, some places in the middle of it will do.
      const every = Math.max(1, Math.floor(messages / 8));
      for (let at = 1; at <= messages; at += at < 6 || at > messages - 5 ? 1 : every)
        for (const delivered of [false, true]) {
          const key = `cut-${at}-${delivered}`;
          await through({ at, delivered }, key);
          for (const each of [key, `${key}-over`])
            expect(Buffer.from(await collect((await store.get(each))!.stream())).equals(body), each).toBe(true);
          await expect(store.put(key, bytes, { if: "absent" })).rejects.toMatchObject({ code: "already_exists" });
        }
      // Bodies that were begun twice belong to nobody, and are removed after a day.
      await administer(`UPDATE ${schema}.unpublished SET touched = '-infinity'`);
      await store.put("large", () => zeros(1));
      await store.delete("large");
      const objects = await administer(`SELECT count(*) FROM ${schema}.objects WHERE body IS NOT NULL`);
      expect(await count("pieces")).toBe(Number(objects[0]!["count"]) * Math.ceil(size / pieceSize));
    },
    120_000,
  );

  test("a server that is not there, or a user that it does not know, is told as such", async () => {
    const nowhere = postgresStore({ url: "postgres://127.0.0.1:1/none", attempts: 2 });
    await expect(nowhere.head("a")).rejects.toMatchObject({ code: "io_error", message: /server running/u });
    const other = new URL(url!);
    other.pathname = "/no_such_database";
    await expect(postgresStore({ url: other.href }).head("a")).rejects.toMatchObject({ code: "not_found" });
    for (const wrong of ["postgres", "mysql://localhost/x", "postgres://h/d?schema=a;b"])
      expect(() => postgresStore({ url: wrong })).toThrow(/postgres/u);
  });

  test("what is deleted or replaced while it is read is an error, not a mixture", async () => {
    await createSchema({ url, schema });
    await store.put("a", () => zeros(8));
    const first = await store.get("a");
    await store.put("a", () => zeros(9));
    await expect(collect(first!.stream())).rejects.toMatchObject({ code: "conflict" });
    const second = await store.get("a");
    await store.delete("a");
    await expect(collect(second!.stream())).rejects.toMatchObject({ code: "not_found" });
  });

  test("memory stays bounded, whatever the size of a body", async () => {
    await createSchema({ url, schema });
    const pieces = long ? 4096 : 192;
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    const watch = setInterval(() => {
      collectGarbage();
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }, 100);
    await store.put("large", () => zeros(pieces));
    let read = 0;
    for await (const chunk of (await store.get("large"))!.stream()) read += chunk.length;
    clearInterval(watch);
    expect(read).toBe(pieces * pieceSize);
    expect(most).toBeLessThan(64 * pieceSize);
  }, 600_000);
});
