import { collect, type Store } from "@modelkeep/core";
import { jsonCodec } from "@modelkeep/codec-json";
import { copyRegistry, openRegistry, type Registry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";
import { expect, test } from "vitest";
import { encrypted } from "../src/index.js";
import { alice } from "./keys.js";

async function open(store: Store): Promise<Registry> {
  return openRegistry({ store, codecs: [jsonCodec()], actor: { name: "Ada Secret", email: "ada@secret.example" } });
}

async function* file(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array(300_000).fill(7);
}

const input = {
  files: [{ path: "weights.bin", open: file, size: 300_000 }],
  metrics: { secretMetric: 0.75 },
  description: "a secret",
};

async function keysOf(store: Store): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list("")) keys.push(key);
  return keys;
}

test("a registry keeps everything encrypted: models, manifests, history", async () => {
  const below = memoryStore();
  const registry = await open(encrypted(below, { identities: [alice.identity] }));
  await registry.save("scorer", input);
  await registry.alias("scorer", "production", 1);

  const keys = await keysOf(below);
  expect(keys.filter((key) => key.includes("/log/")).length).toBe(2);
  for (const key of keys) {
    const bytes = Buffer.from(await collect((await below.get(key))!.stream()));
    if (key === "encryption/README.md") continue;
    expect(bytes.subarray(0, 22).toString(), key).toBe("age-encryption.org/v1\n");
    for (const word of ["Secret", "secret", "scorer", "production", "sha256"])
      expect(bytes.includes(word), `${word} in ${key}`).toBe(false);
  }

  const again = await open(encrypted(below, { identities: [alice.identity] }));
  expect((await again.show("scorer")).aliases).toMatchObject({ production: 1 });
  expect((await again.check({ full: true })).problems).toEqual([]);
  const payload = (await again.open("scorer@production")).payload("weights.bin")!;
  expect((await payload.bytes()).every((byte) => byte === 7)).toBe(true);
  expect(await payload.range(200_000, 200_003)).toEqual(Uint8Array.from([7, 7, 7]));
});

test("a registry goes from the plain into the encrypted and back, its history entry by entry", async () => {
  const plain = memoryStore();
  const registry = await open(plain);
  await registry.save("scorer", input);
  await registry.save("scorer", { ...input, again: true });
  await registry.alias("scorer", "production", 2);
  const below = memoryStore();
  await copyRegistry(plain, encrypted(below, { identities: [alice.identity] }));
  const back = memoryStore();
  await copyRegistry(encrypted(below, { identities: [alice.identity] }), back);
  for (const key of await keysOf(plain)) {
    if (!/^(models|names|blobs)\//u.test(key)) continue;
    expect(await collect((await back.get(key))!.stream()), key).toEqual(
      await collect((await plain.get(key))!.stream()),
    );
  }
});

test("garbage is collected, and the key ring is none", async () => {
  const below = memoryStore();
  const registry = await open(encrypted(below, { identities: [alice.identity] }));
  await registry.save("scorer", input);
  await encrypted(below, { identities: [alice.identity] }).put(
    `blobs/sha256/${"0".repeat(64)}/01AAAAAAAAAAAAAAAAAAAAAAAA`,
    new Uint8Array(1000),
  );
  const collected = await registry.collectGarbage({ graceSeconds: 0 });
  expect(collected).toMatchObject({ removed: 1, bytes: 1000 });
  expect(
    (await (await open(encrypted(below, { identities: [alice.identity] }))).check({ full: true })).problems,
  ).toEqual([]);
});
