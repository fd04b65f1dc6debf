import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPackage, packEnvelope } from "@modelkeep/core";
import { fileObject, writeNewFile } from "@modelkeep/core/node";
import { openRegistry } from "@modelkeep/registry";
import { memoryStore } from "@modelkeep/store-memory";
import { expect, test } from "vitest";
import { decryptAge, encryptAge, isAge } from "../src/index.js";
import { alice, bob } from "./keys.js";

test("a package is encrypted while it is written, and opened by ranges", async () => {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-encrypt-"));
  try {
    const registry = await openRegistry({ store: memoryStore(), actor: "Ada" });
    const weights = new Uint8Array(500_000).map((_, index) => (index * 7) % 251);
    const open = async function* (): AsyncGenerator<Uint8Array> {
      yield weights;
    };
    await registry.save("scorer", { files: [{ path: "weights.bin", open, size: weights.length }] });
    const envelope = await registry.open("scorer@1");
    const path = join(folder, "scorer-1.model.zip.age");
    await writeNewFile(
      path,
      encryptAge(() => packEnvelope(envelope), { recipients: [alice.recipient, bob.recipient] })(),
    );
    expect(isAge(await readFile(path))).toBe(true);

    const opened = await openPackage(await decryptAge(await fileObject(path), { identities: [bob.identity] }));
    expect(opened.digest).toBe(envelope.digest);
    expect(Buffer.from(await opened.payload("weights.bin")!.bytes()).equals(weights)).toBe(true);
    await expect(decryptAge(await fileObject(path), { identities: [] })).rejects.toMatchObject({ code: "no_identity" });
  } finally {
    await rm(folder, { recursive: true });
  }
});
