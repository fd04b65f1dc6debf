import { collect, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { expect, test } from "vitest";
import { describeKeyRing, encrypted, newIdentity, rotate } from "../src/index.js";
import { alice, bob, passphrase } from "./keys.js";

const text = (value: string) => new TextEncoder().encode(value);

async function read(store: Store, key: string): Promise<string> {
  return new TextDecoder().decode(await collect((await store.get(key))!.stream()));
}

/** What lies in a store, but for the key rings. */
async function objects(store: Store): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key } of store.list(""))
    if (!key.startsWith("encryption/"))
      found.set(key, Buffer.from(await collect((await store.get(key))!.stream())).toString("base64"));
  return found;
}

test("new recipients can read what is there, and no object is written for it", async () => {
  const below = memoryStore();
  const store = encrypted(below, { identities: [alice.identity] });
  for (let index = 0; index < 5; index++) await store.put(`x/${index}`, text(`content ${index}`));
  const before = await objects(below);
  await expect(encrypted(below, { identities: [bob.identity] }).get("x/0")).rejects.toMatchObject({
    code: "no_identity",
  });

  const written: string[] = [];
  const watched: Store = { ...below, put: (key, ...rest) => (written.push(String(key)), below.put(key, ...rest)) };
  const rotated = await rotate(watched, { identities: [alice.identity], recipients: [alice.recipient, bob.recipient] });
  expect(rotated).toMatchObject({ renewed: false, keys: 1, recipients: [alice.recipient, bob.recipient] });
  expect(written).toEqual(["encryption/keys/000000000002.age"]);
  expect(await objects(below)).toEqual(before);
  for (const { identity } of [alice, bob])
    expect(await read(encrypted(below, { identities: [identity] }), "x/3")).toBe("content 3");
});

test("who is left out can't read, also not what is written with a key that he has seen", async () => {
  const below = memoryStore();
  const store = encrypted(below, { identities: [alice.identity], recipients: [alice.recipient, bob.recipient] });
  await store.put("old", text("old"));
  const former = (await describeKeyRing(below, { identities: [bob.identity] }))!.storeKey;

  const rotated = await rotate(below, { identities: [alice.identity], recipients: [alice.recipient] });
  expect(rotated).toMatchObject({ renewed: true, keys: 2 });
  expect(rotated.storeKey).not.toBe(former);
  await expect(encrypted(below, { identities: [bob.identity] }).get("old")).rejects.toMatchObject({
    code: "no_identity",
  });
  const left: string[] = [];
  for await (const { key } of below.list("encryption/keys/")) left.push(key);
  expect(left).toEqual(["encryption/keys/000000000002.age"]);

  // One who had the store open all the time goes on writing, with the key that he knows, and finds the new one when he meets it.
  await encrypted(below, { identities: [alice.identity] }).put("new", text("new"));
  await store.put("later", text("later"));
  expect(await read(store, "new")).toBe("new");
  const fresh = encrypted(below, { identities: [alice.identity] });
  for (const key of ["old", "new", "later"]) expect(await read(fresh, key)).toBe(key);
});

test("from a passphrase to keys and back", async () => {
  const below = memoryStore();
  await encrypted(below, { identities: [passphrase] }).put("x", text("x"));
  const toKey = await rotate(below, { identities: [passphrase, alice.identity], recipients: [alice.recipient] });
  expect(toKey.renewed).toBe(true);
  expect(await read(encrypted(below, { identities: [alice.identity] }), "x")).toBe("x");
  await rotate(below, { identities: [passphrase, alice.identity], recipients: [passphrase] });
  expect(await read(encrypted(below, { identities: [passphrase] }), "x")).toBe("x");
});

test("rotations that meet lose no key", async () => {
  const below = memoryStore();
  const store = encrypted(below, { identities: [alice.identity] });
  await store.put("x", text("x"));
  const people = await Promise.all(Array.from({ length: 6 }, () => newIdentity()));
  const keys = await Promise.all(
    people.map(async ({ recipient }) => {
      const { storeKey } = await rotate(below, {
        identities: [alice.identity],
        recipients: [alice.recipient, recipient],
        renew: true,
      });
      await encrypted(below, { identities: [alice.identity] }).put(`by/${recipient}`, text(recipient));
      return storeKey;
    }),
  );
  const fresh = encrypted(below, { identities: [alice.identity] });
  for (const { recipient } of people) expect(await read(fresh, `by/${recipient}`)).toBe(recipient);
  for (const storeKey of keys)
    expect(await describeKeyRing(below, { identities: [alice.identity], storeKey }), storeKey).toBeDefined();
});

test("a rotation to people who could not be read by who makes it is refused, and nothing changes", async () => {
  const below = memoryStore();
  await encrypted(below, { identities: [alice.identity] }).put("x", text("x"));
  await expect(rotate(below, { identities: [alice.identity], recipients: [bob.recipient] })).rejects.toMatchObject({
    code: "invalid_input",
  });
  await expect(rotate(below, { identities: [bob.identity], recipients: [bob.recipient] })).rejects.toMatchObject({
    code: "no_identity",
  });
  await expect(
    rotate(memoryStore(), { identities: [bob.identity], recipients: [bob.recipient] }),
  ).rejects.toMatchObject({ code: "not_found" });
  expect(await read(encrypted(below, { identities: [alice.identity] }), "x")).toBe("x");
});

test("a key ring that a stranger has put in the place of the real one is refused by who knows the store's key", async () => {
  const below = memoryStore();
  await encrypted(below, { identities: [alice.identity] }).put("x", text("x"));
  const { storeKey } = (await describeKeyRing(below, { identities: [alice.identity] }))!;

  // Alice's public key is no secret: a ring of which the stranger knows the key is easily encrypted to her.
  const own = memoryStore();
  const stranger = await newIdentity();
  await encrypted(own, { identities: [stranger.identity], recipients: [alice.recipient, stranger.recipient] }).put(
    "x",
    text("x"),
  );
  for await (const { key } of own.list(""))
    await below.put(key.replace("000001", "000009"), await collect((await own.get(key))!.stream()));

  const careful = encrypted(below, { identities: [alice.identity], storeKey });
  await expect(careful.put("secret", text("secret"))).rejects.toMatchObject({ code: "tampered" });
  await expect(careful.get("x")).rejects.toMatchObject({ code: "tampered" });
  await expect(
    rotate(below, { identities: [alice.identity], storeKey, recipients: [alice.recipient] }),
  ).rejects.toMatchObject({ code: "tampered" });

  const emptied = encrypted(memoryStore(), { identities: [alice.identity], storeKey });
  await expect(emptied.put("secret", text("secret"))).rejects.toMatchObject({ code: "not_found" });
});

test("the key that was known stays good after the store got another", async () => {
  const below = memoryStore();
  await encrypted(below, { identities: [alice.identity] }).put("x", text("x"));
  const { storeKey } = (await describeKeyRing(below, { identities: [alice.identity] }))!;
  await rotate(below, { identities: [alice.identity], recipients: [alice.recipient], renew: true });
  expect(await read(encrypted(below, { identities: [alice.identity], storeKey }), "x")).toBe("x");
});
