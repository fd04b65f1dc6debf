import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { sqliteStore } from "../src/index.js";
import { pieceSize } from "../src/schema.js";

/** 4 GiB take minutes: `MODELKEEP_LONG_TESTS=1`. */
const long = process.env["MODELKEEP_LONG_TESTS"] === "1";

test("a large body goes in and out in bounded memory", async () => {
  const folder = await mkdtemp(join(tmpdir(), "modelkeep-sqlite-large-"));
  const store = sqliteStore(join(folder, "models.db"));
  // Twice the bound; 4 GiB with MODELKEEP_LONG_TESTS=1.
  const pieces = (long ? 4096 : 192) * 4;
  const before = process.memoryUsage().rss;
  let most = 0;
  const watch = (): void => void (most = Math.max(most, process.memoryUsage().rss - before));
  const body = async function* (): AsyncGenerator<Uint8Array> {
    const piece = new Uint8Array(pieceSize).fill(7);
    for (let turn = 0; turn < pieces; turn++) {
      if (turn % 16 === 0) watch();
      yield piece;
    }
  };
  await store.put("large", body, { size: pieces * pieceSize });
  const object = (await store.get("large"))!;
  let read = 0;
  for await (const chunk of object.stream()) {
    read += chunk.length;
    watch();
  }
  expect(read).toBe(pieces * pieceSize);
  const end = new Uint8Array(10);
  expect(await object.readInto(end, { offset: pieces * pieceSize - 3 })).toBe(3);
  expect(end).toEqual(Uint8Array.of(7, 7, 7, 0, 0, 0, 0, 0, 0, 0));
  expect(most / 2 ** 20).toBeLessThan(96);
  await store[Symbol.asyncDispose]?.();
  await rm(folder, { recursive: true });
}, 600_000);
