import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Body, PayloadSource, Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { afterAll, describe, expect, it } from "vitest";

import { openLines } from "./support/registry.js";

const mebibyte = 1 << 20;
const folder = mkdtempSync(join(tmpdir(), "modelkeep-interrupted-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Counts the bytes of files that reach the store, and lets the sending break after so many. */
function meteredStore(store: Store) {
  let sent = 0;
  let most = Infinity;
  async function* metered(body: Exclude<Body, Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const piece of body()) {
      if (sent >= most) throw new Error("the connection broke");
      sent += piece.length;
      yield piece;
    }
  }
  const wrapped: Store = {
    ...store,
    put: (key, body, options) => store.put(key, body instanceof Uint8Array ? body : () => metered(body), options),
  };
  return {
    store: wrapped,
    breakAfter: (bytes: number) => void (most = bytes),
    /** Whole mebibytes since it was asked last. */
    sent: () => {
      const taken = Math.round(sent / mebibyte);
      [sent, most] = [0, Infinity];
      return taken;
    },
  };
}

function file(path: string, mebibytes: number): PayloadSource {
  const seed = path.length;
  return {
    path,
    size: mebibytes * mebibyte,
    async *open() {
      for (let turn = 0; turn < mebibytes; turn++) yield new Uint8Array(mebibyte).fill(seed + turn);
    },
  };
}

describe.each([
  ["memory", () => memoryStore()],
  ["fs", () => fsStore(join(folder, "models"))],
] as const)("a save that was interrupted, on store-%s", (_, open) => {
  it("sends only what is missing when it is run again", async () => {
    const { store, breakAfter, sent } = meteredStore(open());
    const registry = await openLines(store);
    // A large file and small ones, of which the last does not get through.
    const files = [file("weights.bin", 9), file("a.bin", 2), file("other.bin", 10)];
    breakAfter(15 * mebibyte);
    await expect(registry.save("lines", { files })).rejects.toThrow("the connection broke");
    expect(sent()).toBe(15);

    const stop = new AbortController();
    const progress = ({ done }: { done: number }) => done > 0 && stop.abort();
    await expect(registry.save("lines", { files, signal: stop.signal, progress })).rejects.toMatchObject({
      code: "aborted",
    });
    sent();

    expect(await registry.save("lines", { files })).toMatchObject({ version: 1, existing: false });
    expect(sent()).toBeLessThanOrEqual(12);
    expect(await registry.save("lines", { files })).toMatchObject({ version: 1, existing: true });
    expect(sent()).toBe(0);
    expect(await registry.check({ full: true })).toMatchObject({ ok: true, versions: 1 });
    const blobs: number[] = [];
    for await (const { size } of store.list("blobs/")) blobs.push(size / mebibyte);
    expect(blobs.toSorted((a, b) => a - b)).toEqual([2, 9, 10]);
  });
});
