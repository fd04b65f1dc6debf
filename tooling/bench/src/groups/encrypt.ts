import { join } from "node:path";

import { Decrypter, Encrypter } from "age-encryption";

import { collect, storedBytes } from "@modelkeep/core";
import { decryptAge, encryptAge, encrypted, newIdentity } from "@modelkeep/encrypt";
import { fsStore } from "@modelkeep/store-fs";

import { type Bench, type Group, mebibyte, roundsOf, sizeOf } from "../bench.js";
import { randomBytes } from "../data.js";
import { interleave } from "../measure.js";
import { ratio, type Row } from "../row.js";

const small = 512;

/** The age format, against the JavaScript library of its author; an encrypted store against the plain one below it. */
export const encrypt: Group = {
  name: "encrypt",
  title: "Encryption",
  run: async (bench) => [...(await payloads(bench)), ...(await stores(bench))],
};

async function payloads(bench: Bench): Promise<Row[]> {
  const bytes = randomBytes(sizeOf(bench, 64 * mebibyte));
  const { identity, recipient } = await newIdentity();
  const sealing = encryptAge(() => storedBytes(bytes).stream(), { recipients: [recipient] });
  const file = await collect(sealing());
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const times = await interleave(roundsOf(bench, 5), {
    encrypt: () => exhaust(sealing()),
    libraryEncrypt: async () => exhaust(await encrypter.encrypt(streamOf(bytes))),
    decrypt: async () => exhaust((await decryptAge(storedBytes(file), { identities: [identity] })).stream()),
    libraryDecrypt: async () => exhaust(await decrypter.decrypt(streamOf(file))),
  });
  return [
    ratio("encrypting 64 MiB as age / age-encryption in plain JavaScript", times.encrypt, times.libraryEncrypt, 0.2),
    ratio("decrypting 64 MiB of age / age-encryption in plain JavaScript", times.decrypt, times.libraryDecrypt, 0.2),
  ];
}

async function stores(bench: Bench): Promise<Row[]> {
  const bytes = randomBytes(sizeOf(bench, 256 * mebibyte));
  const { identity } = await newIdentity();
  const plain = fsStore(join(bench.folder, "plain"));
  const sealed = encrypted(fsStore(join(bench.folder, "encrypted")), { identities: [identity] });
  const target = new Uint8Array(bytes.length);
  const entry = bytes.subarray(0, small);
  for (const store of [plain, sealed]) {
    await store.put("large", bytes);
    for (let index = 0; index < 50; index++) await store.put(`small/${index}`, entry);
  }
  const readSmall = async (store: typeof plain): Promise<void> => {
    for (let index = 0; index < 50; index++) await (await store.get(`small/${index}`))!.readInto(target);
  };
  const times = await interleave(roundsOf(bench, 5), {
    plainRead: async () => void (await (await plain.get("large"))!.readInto(target)),
    sealedRead: async () => void (await (await sealed.get("large"))!.readInto(target)),
    plainWrite: async () => void (await plain.put("large", () => storedBytes(bytes).stream())),
    sealedWrite: async () => void (await sealed.put("large", () => storedBytes(bytes).stream())),
    plainSmall: () => readSmall(plain),
    sealedSmall: () => readSmall(sealed),
  });
  return [
    ratio("reading 256 MiB from an encrypted folder / a plain one", times.sealedRead, times.plainRead, undefined),
    ratio("writing 256 MiB to an encrypted folder / a plain one", times.sealedWrite, times.plainWrite, undefined),
    ratio("reading 50 log entries, encrypted / plain", times.sealedSmall, times.plainSmall, undefined),
  ];
}

async function exhaust(stream: AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>): Promise<void> {
  for await (const _ of stream as AsyncIterable<Uint8Array>);
}

function streamOf(bytes: Uint8Array): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let start = 0; start < bytes.length; start += mebibyte)
        controller.enqueue(bytes.subarray(start, start + mebibyte));
      controller.close();
    },
  });
}
