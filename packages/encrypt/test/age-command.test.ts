import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { collect } from "@modelkeep/core";
import { fileObject, writeNewFile } from "@modelkeep/core/node";
import { fsStore } from "@modelkeep/store-fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  decryptAge,
  describeKeyRing,
  encryptAge,
  encrypted,
  parseIdentities,
  recipientOf,
  rotate,
} from "../src/index.js";
import { alice, bob } from "./keys.js";

const age = process.env["MODELKEEP_TEST_AGE"];
const run = promisify(execFile);
const plain = new Uint8Array(200_000).map((_, index) => (index * 13 + (index >> 7)) % 256);

describe.skipIf(age === undefined)("the age command (needs MODELKEEP_TEST_AGE)", () => {
  let folder: string;
  const at = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "modelkeep-age-"));
    await writeFile(at("alice.txt"), `# alice\n${alice.identity}\n`);
    await writeFile(at("bob.txt"), `${bob.identity}\n`);
    await writeFile(at("plain"), plain);
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function decrypted(identity: string, file: string): Promise<Buffer> {
    const options = { encoding: "buffer", maxBuffer: 1 << 24 } as const;
    return (await run(age!, ["--decrypt", "--identity", at(identity), file], options)).stdout;
  }

  test("decrypts what was pulled from a store, by the way that the store's README tells", async () => {
    const below = fsStore(at("store"));
    const store = encrypted(below, { identities: [alice.identity] });
    for (const size of [0, 1, 65_536, 65_537, 200_000]) await store.put(`x/${size}`, plain.subarray(0, size));
    await rotate(below, { identities: [alice.identity], recipients: [alice.recipient, bob.recipient] });
    for (const who of ["alice.txt", "bob.txt"]) {
      await writeFile(at("store-key.txt"), await decrypted(who, at("store/encryption/keys/000000000002.age")));
      for (const size of [0, 1, 65_536, 65_537, 200_000])
        expect(
          (await decrypted("store-key.txt", at(`store/x/${size}`))).equals(plain.subarray(0, size)),
          `${size}`,
        ).toBe(true);
    }
  });

  test("decrypts files to several recipients, and we read what it encrypts, armored or not", async () => {
    const { recipient, identity } = bob;
    const body = async function* (): AsyncGenerator<Uint8Array> {
      yield plain;
    };
    await writeNewFile(at("ours.age"), encryptAge(body, { recipients: [alice.recipient, recipient] })());
    for (const who of ["alice.txt", "bob.txt"]) expect((await decrypted(who, at("ours.age"))).equals(plain)).toBe(true);

    for (const armor of [[], ["--armor"]]) {
      await run(age!, [
        ...armor,
        "--recipient",
        alice.recipient,
        "--recipient",
        recipient,
        "--output",
        at("theirs.age"),
        at("plain"),
      ]);
      const theirs = await decryptAge(await fileObject(at("theirs.age")), { identities: [identity] });
      expect(Buffer.from(await collect(theirs.stream())).equals(plain)).toBe(true);
      expect(theirs.info.size).toBe(plain.length);
    }
  });

  test("puts an object into a store that we read: a file for the store's key is one of its objects", async () => {
    const below = fsStore(at("other"));
    const store = encrypted(below, { identities: [alice.identity] });
    await store.put("x", plain);
    const { storeKey } = (await describeKeyRing(below, { identities: [alice.identity] }))!;
    await run(age!, ["--recipient", storeKey, "--output", at("other/by-hand"), at("plain")]);
    const object = (await store.get("by-hand"))!;
    expect(object.info.size).toBe(plain.length);
    expect(Buffer.from(await collect(object.stream())).equals(plain)).toBe(true);
  });

  test("age-keygen's files are read, and its public keys are ours", async () => {
    await run(join(dirname(age!), "age-keygen"), ["--output", at("carol.txt")]);
    const text = await readFile(at("carol.txt"), "utf8");
    const [identity] = parseIdentities(text);
    expect(await recipientOf(identity!)).toBe(/# public key: (age1\S+)/u.exec(text)![1]);
  });
});
