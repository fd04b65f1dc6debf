import { fork } from "node:child_process";
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { collect, type Digest, isModelkeepError, type Store } from "@modelkeep/core";
import { memoryStore } from "@modelkeep/store-memory";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { copyRegistry, memoryPins, type Pins } from "../../src/index.js";
import { readEntry, writeEntry } from "../../src/entry.js";
import { logKey } from "../../src/keys.js";
import { filePins } from "../../src/node/index.js";
import { openLines } from "../support/registry.js";
import { Line } from "../support/toy.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pins-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    if (isModelkeepError(error)) return error.code;
    throw error;
  }
}

function headOf(number: number): Digest {
  return `sha256:${String(number).padStart(64, "0")}`;
}

/** A registry of which an older state was kept. */
async function grown(pins: Pins): Promise<{ readonly old: Store; readonly now: Store }> {
  const now = memoryStore();
  const registry = await openLines(now, { pins });
  await registry.save("lines", { model: new Line(1) });
  const old = memoryStore();
  await copyRegistry(now, old);
  await registry.save("lines", { model: new Line(2) });
  await registry.alias("lines", "production", 2);
  return { old, now };
}

describe.each([
  ["in memory", () => memoryPins],
  ["in a file", () => () => filePins(join(folder, "a", "pins.jsonl"))],
] as const)("pins %s", (_, make) => {
  test("an older state of the store is refused, the present one is not", async () => {
    const pins = make()();
    const { old, now } = await grown(pins);
    expect(await codeOf((await openLines(now, { pins })).resolve("lines"))).toBe("ok");
    const registry = await openLines(old, { pins });
    expect(await codeOf(registry.resolve("lines"))).toBe("rolled_back");
    expect(await codeOf(registry.load("lines@1"))).toBe("rolled_back");
    expect(await codeOf(registry.save("lines", { model: new Line(3) }))).toBe("rolled_back");
    expect(await codeOf((await openLines(old)).resolve("lines"))).toBe("ok");
    expect((await registry.check()).problems).toMatchObject([{ where: "lines", code: "rolled_back" }]);
  });

  test("so is a history that went on from there in another way, and one that is gone", async () => {
    const pins = make()();
    const { old } = await grown(pins);
    const forger = await openLines(old, { actor: "eve" });
    for (const slope of [5, 6, 7]) await forger.save("lines", { model: new Line(slope) });
    expect(await codeOf((await openLines(old, { pins })).resolve("lines"))).toBe("rolled_back");
    expect(await codeOf((await openLines(memoryStore(), { pins })).resolve("lines"))).toBe("rolled_back");
  });

  test("a longer history of the same beginning is followed, under a new name too", async () => {
    const pins = make()();
    const { now } = await grown(pins);
    const other = await openLines(now, { actor: "bob" });
    await other.rename("lines", "curves");
    await other.save("curves", { model: new Line(4) });
    const registry = await openLines(now, { pins });
    expect((await registry.resolve("lines@3")).name).toBe("curves");
    expect(pins.get("curves")).toMatchObject({ length: 2 });
    expect(pins.get("lines")).toMatchObject({ length: 4 });
  });

  test("an entry of the past that was exchanged is refused", async () => {
    const pins = make()();
    const { now } = await grown(pins);
    const last = logKey("lines", pins.get("lines")!.length);
    const { body, placement } = readEntry(await collect((await now.get(last))!.stream()), last);
    await now.put(last, writeEntry({ ...body, actor: { name: "eve" } }, placement).bytes);
    expect(await codeOf((await openLines(now, { pins })).resolve("lines"))).toBe("rolled_back");
  });
});

describe("a file of pins", () => {
  test("is read by another process, and never goes back", () => {
    const path = join(folder, "pins.jsonl");
    const [one, other] = [filePins(path), filePins(path)];
    one.advance("lines", { length: 3, head: headOf(3) });
    expect(other.get("lines")).toEqual({ length: 3, head: headOf(3) });
    other.advance("lines", { length: 2, head: headOf(2) });
    other.advance("lines", { length: 5, head: headOf(5) });
    expect(one.get("lines")).toEqual({ length: 5, head: headOf(5) });
  });

  test("keeps registries apart", () => {
    const path = join(folder, "pins.jsonl");
    filePins(path, { of: "s3://a" }).advance("lines", { length: 3, head: headOf(3) });
    filePins(path, { of: "s3://b" }).advance("lines", { length: 1, head: headOf(1) });
    expect(filePins(path, { of: "s3://a" }).get("lines")?.length).toBe(3);
    expect(filePins(path, { of: "s3://b" }).get("lines")?.length).toBe(1);
    expect(filePins(path).get("lines")).toBeUndefined();
  });

  test("survives a line that was cut off", () => {
    const path = join(folder, "pins.jsonl");
    filePins(path).advance("lines", { length: 3, head: headOf(3) });
    appendFileSync(path, '{"model":"lines","len');
    const pins = filePins(path);
    pins.advance("lines", { length: 4, head: headOf(4) });
    expect(filePins(path).get("lines")).toEqual({ length: 4, head: headOf(4) });
  });

  test("is compacted", () => {
    const path = join(folder, "pins.jsonl");
    const pins = filePins(path, { compactFrom: 50 });
    for (let length = 1; length <= 500; length++) pins.advance(`model ${length % 3}`, { length, head: headOf(length) });
    expect(readFileSync(path, "utf8").split("\n").length).toBeLessThan(250);
    expect([0, 1, 2].map((each) => filePins(path).get(`model ${each}`)?.length)).toEqual([498, 499, 500]);
  });

  test("loses nothing when processes write and compact at once", async () => {
    const path = join(folder, "pins.jsonl");
    const work = new URL("pins-worker.mjs", import.meta.url);
    const built = new URL("../../dist/node/index.js", import.meta.url).href;
    await Promise.all(
      [0, 1, 2, 3].map(
        (which) =>
          new Promise<void>((resolve, reject) => {
            const child = fork(work, [built, path, String(which)], {
              execArgv: [],
              env: { ...process.env, NODE_OPTIONS: "" },
            });
            child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`exit code ${code}`))));
          }),
      ),
    );
    const pins = filePins(path);
    for (let model = 0; model < 8; model++) expect(pins.get(`model ${model}`)?.length).toBe(400);
  });
});
