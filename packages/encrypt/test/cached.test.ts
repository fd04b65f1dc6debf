import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { collect } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { faulty } from "@modelkeep/testkit";
import { cached } from "@modelkeep/wrappers";
import { expect, test } from "vitest";
import { encrypted } from "../src/index.js";
import { alice } from "./keys.js";

test("an encrypted store over a cached one: the copies are encrypted, and read", async () => {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-encrypt-"));
  try {
    const below = faulty(memoryStore());
    const open = () => encrypted(cached(below, folder, { maxBytes: 100_000_000 }), { identities: [alice.identity] });
    const sizes = [0, 100, 65_536, 4_194_304, 4_194_305, 8_388_608, 9_000_000];
    for (const size of sizes) await open().put(`blobs/${size}`, new Uint8Array(size).fill(size % 251));
    const readBelow = async (how: "stream" | "readInto") => {
      const store = open();
      await store.head("anything");
      const before = below.operations.filter((name) => name === "read").length;
      for (const size of sizes) {
        const object = (await store.get(`blobs/${size}`))!;
        const target = new Uint8Array(size);
        const found =
          how === "stream" ? await collect(object.stream()) : target.subarray(0, await object.readInto(target));
        expect(Buffer.compare(found, new Uint8Array(size).fill(size % 251)), `${size}`).toBe(0);
      }
      return below.operations.filter((name) => name === "read").length - before;
    };
    expect(await readBelow("stream")).toBe(sizes.length);
    expect(await readBelow("readInto")).toBe(0);
    await rm(folder, { recursive: true });
    expect(await readBelow("readInto")).toBe(sizes.length);
    expect(await readBelow("stream")).toBe(0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
