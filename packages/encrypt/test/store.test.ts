import { readFileSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect, type Store, type StoredObject } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { describe, expect, test } from "vitest";
import { encrypted, newIdentity } from "../src/index.js";
import { alice, bob, passphrase } from "./keys.js";

const bytes = new TextEncoder().encode("the plain text of a model");
const large = new Uint8Array(1_000_000).map((_, index) => (index * 31 + (index >> 9)) % 256);

async function read(store: Store, key: string): Promise<Uint8Array | undefined> {
  const object = await store.get(key);
  return object && collect(object.stream());
}

/** Bytes that were read of the objects of a store, by `readInto` and `stream`. */
function counting(store: Store): { store: Store; read: () => number } {
  let total = 0;
  const counted = (object: StoredObject): StoredObject => ({
    info: object.info,
    async *stream(options) {
      for await (const piece of object.stream(options)) {
        total += piece.length;
        yield piece;
      }
    },
    async readInto(target, options) {
      const read = await object.readInto(target, options);
      total += read;
      return read;
    },
  });
  return {
    store: {
      ...store,
      async get(key, options) {
        const object = await store.get(key, options);
        return object && counted(object);
      },
    },
    read: () => total,
  };
}

/** Replaces what lies below a key. */
async function damage(below: Store, key: string, change: (bytes: Uint8Array) => Uint8Array): Promise<void> {
  await below.put(key, change((await read(below, key))!));
}

/** Of large arrays, which `toEqual` takes its time with. */
function same(a: Uint8Array | undefined, b: Uint8Array): boolean {
  return a !== undefined && Buffer.compare(a, b) === 0;
}

const flipped = (at: number) => (old: Uint8Array) => old.with(at < 0 ? old.length + at : at, old.at(at)! ^ 1);

/** Another letter of base64. */
const otherLetter = (at: number) => (old: Uint8Array) => old.with(at, old[at] === 65 ? 66 : 65);

describe("what lies below", () => {
  test("has nothing of the plain bytes, and tells sizes in the plain", async () => {
    const below = memoryStore();
    const store = encrypted(below, { identities: [alice.identity] });
    for (const size of [0, 1, 65_535, 65_536, 65_537, 131_072, 1_000_000]) {
      const info = await store.put(`size/${size}`, large.subarray(0, size));
      expect(info.size).toBe(size);
      expect((await store.head(`size/${size}`))!.size).toBe(size);
      // A header for one recipient, a nonce, and 16 bytes for each chunk.
      expect((await below.head(`size/${size}`))!.size).toBe(
        168 + 16 + size + 16 * Math.max(1, Math.ceil(size / 65_536)),
      );
    }
    for await (const { key, size } of store.list("size/")) expect(key).toBe(`size/${size}`);
    await store.put("text", bytes);
    const lies = Buffer.from((await read(below, "text"))!);
    expect(lies.toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> X25519 /u);
    expect(lies.includes(Buffer.from(bytes))).toBe(false);
    expect(lies.includes(Buffer.from(bytes).subarray(3, 9))).toBe(false);
  });

  test("is another file each time the same bytes are put", async () => {
    const below = memoryStore();
    const store = encrypted(below, { identities: [alice.identity] });
    await store.put("a", bytes);
    await store.put("b", bytes);
    expect(await read(below, "a")).not.toEqual(await read(below, "b"));
  });

  test("a range fetches the start of the file and the chunks that it touches", async () => {
    const below = counting(memoryStore());
    const store = encrypted(below.store, { identities: [alice.identity] });
    await store.put("large", large);
    await store.get("large");
    const sealed = 65_536 + 16;
    for (const [start, end, chunks] of [
      [400_000, 400_010, 1],
      [65_530, 65_540, 2],
      [131_072, 196_608, 1],
      [0, 10, 1],
      [300_000, 500_000, 4],
    ] as const) {
      const before = below.read();
      const object = await store.get("large", { range: { start, end } });
      expect(same(await collect(object!.stream()), large.subarray(start, end))).toBe(true);
      expect(below.read() - before, `${start} to ${end}`).toBe(184 + chunks * sealed);
    }
    const whole = await store.get("large");
    const before = below.read();
    await whole!.readInto(new Uint8Array(10), { offset: 400_000 });
    await whole!.readInto(new Uint8Array(10), { offset: 500_000 });
    expect(below.read() - before, "the start is fetched once").toBe(184 + 2 * sealed);
  });
});

describe("trouble has a code", () => {
  async function prepared(): Promise<{ below: Store; store: Store }> {
    const below = memoryStore();
    const store = encrypted(below, { identities: [alice.identity] });
    await store.put("x", large);
    await store.put("empty", new Uint8Array());
    return { below, store };
  }

  test.each<[name: string, change: (old: Uint8Array) => Uint8Array, code: string]>([
    ["a changed byte of a chunk", flipped(500_000), "tampered"],
    ["a changed byte of the last chunk", flipped(-20), "tampered"],
    ["a changed nonce", flipped(170), "tampered"],
    ["a changed version", flipped(20), "malformed"],
    ["a changed share", otherLetter(40), "no_identity"],
    ["a changed code of the header", otherLetter(140), "tampered"],
    ["the end cut off within a chunk", (old) => old.subarray(0, -100), "tampered"],
    ["the end cut off between chunks", (old) => old.subarray(0, 184 + 3 * 65_552), "truncated"],
    ["the end cut off within the start", (old) => old.subarray(0, 100), "truncated"],
    ["nothing left", () => new Uint8Array(), "truncated"],
    ["bytes appended", (old) => Uint8Array.from([...old, 1, 2, 3]), "tampered"],
    [
      "two chunks exchanged",
      (old) => {
        const copy = old.slice();
        copy.copyWithin(184, 184 + 65_552, 184 + 2 * 65_552);
        return copy;
      },
      "tampered",
    ],
    ["another file", () => large, "malformed"],
  ])("%s", async (_, change, code) => {
    const { below, store } = await prepared();
    await damage(below, "x", change);
    const object = (await store.get("x"))!;
    await expect(collect(object.stream())).rejects.toMatchObject({ code });
    // What comes before may be given out; of what is wrong, nothing is.
    const target = new Uint8Array(large.length);
    await expect(object.readInto(target)).rejects.toMatchObject({ code });
    const good = target.findLastIndex((byte) => byte !== 0) + 1;
    expect(same(target.subarray(0, good), large.subarray(0, good))).toBe(true);
    expect(good % 65_536, "only whole chunks").toBe(0);
  });

  test("an empty object that was cut", async () => {
    const { below, store } = await prepared();
    await damage(below, "empty", (old) => old.subarray(0, -1));
    await expect(collect((await store.get("empty"))!.stream())).rejects.toMatchObject({ code: "truncated" });
    await damage(below, "empty", (old) => Uint8Array.from([...old, 9]));
    await expect((await store.get("empty"))!.readInto(new Uint8Array(9))).rejects.toMatchObject({ code: "tampered" });
  });

  test("an identity that is not one of the recipients", async () => {
    const { below } = await prepared();
    const store = encrypted(below, { identities: [bob.identity] });
    await expect(store.get("x")).rejects.toMatchObject({ code: "no_identity" });
    await expect(store.put("y", bytes)).rejects.toMatchObject({ code: "no_identity" });
    await expect(collect(entries(store))).rejects.toMatchObject({ code: "no_identity" });
    expect(await below.head("y")).toBeUndefined();
  });

  test("an identity, a recipient or a passphrase that is none, without repeating it", async () => {
    const mistyped = `${alice.identity.slice(0, -1)}${alice.identity.endsWith("X") ? "Q" : "X"}`;
    const put = (options: Parameters<typeof encrypted>[1]) =>
      encrypted(memoryStore(), options)
        .put("x", bytes)
        .then(
          () => new Error("it was written"),
          (error: unknown) => error as Error,
        );
    for (const wrong of [mistyped, "AGE-SECRET-KEY-1", "", "ssh-ed25519 AAAA", { passphrase: "" }])
      expect(await put({ identities: [wrong] })).toMatchObject({ code: "invalid_input" });
    expect((await put({ identities: [mistyped] })).message).not.toContain(mistyped.slice(20, 40));
    for (const wrong of [`${alice.recipient}x`, "age1", "bob", alice.identity])
      expect(await put({ identities: [alice.identity], recipients: [alice.recipient, wrong] })).toMatchObject({
        code: "invalid_input",
      });
    const secret = await put({ identities: [alice.identity], recipients: [alice.identity] });
    expect(secret.message).not.toContain(alice.identity.slice(20, 40));
    for (const recipients of [[], [passphrase, alice.recipient]])
      await expect(
        encrypted(memoryStore(), { identities: [alice.identity, passphrase], recipients }).put("x", bytes),
      ).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("whoever sets a store up without being able to read it", async () => {
    const below = memoryStore();
    const store = encrypted(below, { identities: [alice.identity], recipients: [bob.recipient] });
    await expect(store.put("x", bytes)).rejects.toMatchObject({ code: "invalid_input" });
    expect(await collect(entries(below))).toEqual(new Uint8Array());
  });

  test("a store that holds plain objects", async () => {
    const below = memoryStore();
    await below.put("plain", bytes);
    const store = encrypted(below, { identities: [alice.identity] });
    await expect(store.put("x", bytes)).rejects.toMatchObject({ code: "not_encrypted" });
    await expect(store.get("plain")).rejects.toMatchObject({ code: "not_encrypted" });
    await expect(collect(entries(store))).rejects.toMatchObject({ code: "not_encrypted" });
  });

  test("keys of encryption itself", async () => {
    const { below, store } = await prepared();
    for (const key of ["encryption", "encryption/README.md", "encryption/keys/000000000001.age"]) {
      await expect(store.put(key, bytes)).rejects.toMatchObject({ code: "invalid_key" });
      await expect(store.put(() => key, bytes)).rejects.toMatchObject({ code: "invalid_key" });
      await expect(store.delete(key)).rejects.toMatchObject({ code: "invalid_key" });
      await expect(store.get(key)).rejects.toMatchObject({ code: "invalid_key" });
    }
    expect(await below.head("encryption/keys/000000000001.age")).toBeDefined();
    await store.put("encryption.txt", bytes);
    await store.put("e", bytes);
    const listed = async (prefix: string, delimiter?: string) => {
      const keys: string[] = [];
      for await (const { key } of store.list(prefix, delimiter === undefined ? {} : { delimiter })) keys.push(key);
      return keys;
    };
    expect(await listed("")).toEqual(["e", "empty", "encryption.txt", "x"]);
    expect(await listed("", "/")).toEqual(["e", "empty", "encryption.txt", "x"]);
    expect(await listed("", "yp")).toEqual(["e", "empty", "encryp", "x"]);
    expect(await listed("", "on/")).toEqual(["e", "empty", "encryption.txt", "x"]);
    expect(await listed("encryption/")).toEqual([]);
  });
});

async function* entries(store: Store): AsyncGenerator<Uint8Array> {
  for await (const { key } of store.list("")) yield new TextEncoder().encode(key);
}

test("a passphrase, which the process does not wait for", async () => {
  const below = memoryStore();
  await encrypted(below, { identities: [passphrase] }).put("x", bytes);
  expect(await read(encrypted(below, { identities: [passphrase] }), "x")).toEqual(bytes);
  const other = encrypted(below, { identities: [{ passphrase: "another" }] });
  await expect(read(other, "x")).rejects.toMatchObject({ code: "no_identity" });
});

test("post-quantum recipients give the store a post-quantum key", async () => {
  const carol = await newIdentity({ postQuantum: true });
  const below = memoryStore();
  const store = encrypted(below, { identities: [carol.identity] });
  await store.put("x", large);
  expect(Buffer.from((await read(below, "x"))!).toString("latin1")).toMatch(
    /^age-encryption\.org\/v1\n-> mlkem768x25519 /u,
  );
  expect((await store.head("x"))!.size).toBe(large.length);
  expect(same(await read(encrypted(below, { identities: [carol.identity] }), "x"), large)).toBe(true);
});

test("many who set a store up at once agree on its key", async () => {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-encrypt-"));
  try {
    const open = () => encrypted(fsStore(folder), { identities: [alice.identity] });
    await Promise.all(
      Array.from({ length: 12 }, (_, index) => open().put(`by/${index}`, large.subarray(0, 1000 + index))),
    );
    for (let index = 0; index < 12; index++)
      expect(await read(open(), `by/${index}`)).toEqual(large.subarray(0, 1000 + index));
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("a body that is asked for twice is encrypted under two keys", async () => {
  const below = memoryStore();
  const opened: Uint8Array[] = [];
  const retrying: Store = {
    ...below,
    async put(key, body, options) {
      if (typeof body === "function") for (let turn = 0; turn < 2; turn++) opened.push(await collect(body()));
      return below.put(key, body, options);
    },
  };
  await encrypted(retrying, { identities: [alice.identity] }).put("x", bytes);
  const [first, second] = opened.slice(-2);
  expect(first!.length).toBe(second!.length);
  expect(Buffer.compare(first!.subarray(-41), second!.subarray(-41))).not.toBe(0);
});

test("what lies below is not given out as a plain file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-encrypt-"));
  try {
    const store = encrypted(fsStore(folder), { identities: [alice.identity] });
    await store.put("x", bytes);
    expect((await store.get("x"))!.file).toBeUndefined();
    expect(await readFile(join(folder, "encryption/README.md"), "utf8")).toContain("age --decrypt");
    await writeFile(join(folder, "x"), readFileSync(join(folder, "x")).subarray(0, 50));
    await expect(read(store, "x")).rejects.toMatchObject({ code: "truncated" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
