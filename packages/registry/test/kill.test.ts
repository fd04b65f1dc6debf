import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { memorySource } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { type Fault, faultyOperations, MemoryDisk } from "@modelkeep/store-fs/faults";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Registry } from "../src/index.js";
import { bundle } from "./support/bundle.js";
import { count } from "./support/counts.js";
import { type Kind, kinds } from "./support/killed-store.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const samples = { inputs: lineInputs(0, 1) };
const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
const thorough = process.env["MODELKEEP_RELIABILITY"] === "full";
const folder = "/models";

const operations: readonly {
  readonly name: string;
  readonly run: (registry: Registry) => Promise<unknown>;
  readonly done: (registry: Registry) => Promise<boolean>;
}[] = [
  {
    name: "save",
    run: (registry) => registry.save("lines", { files: [memorySource("a.bin", bytes)], aliases: ["candidate"] }),
    done: async (registry) => (await registry.show("lines")).aliases["candidate"] === 2,
  },
  {
    name: "promote",
    run: (registry) => registry.promote("lines", 1),
    done: async (registry) => (await registry.show("lines")).aliases["production"] === 1,
  },
  {
    name: "garbage collection",
    run: (registry) => registry.collectGarbage({ graceSeconds: 0 }),
    done: () => Promise.resolve(true),
  },
];

async function prepared(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const store = fsStore(folder, { operations: disk.operations });
  const registry = await openLines(store);
  await registry.save("lines", { model: new Line(2), samples });
  await registry.save("shared", { files: [memorySource("a.bin", bytes)] });
  await store.put(`blobs/sha256/${"a".repeat(64)}/01ARZ3NDEKTSV4RRFFQ69G5FAV`, new Uint8Array(5));
  return disk;
}

describe.each(operations)("store-fs, a fault at any call to the file system: $name", ({ run, done }) => {
  it.each<Fault>(["killed before", "killed after", "EIO", "ENOSPC"])("%s", { timeout: 120_000 }, async (fault) => {
    const counting = faultyOperations((await prepared()).operations);
    const opened = await openLines(fsStore(folder, { operations: counting }));
    const before = counting.calls.length;
    await run(opened);
    const total = counting.calls.length - before;
    expect(total).toBeGreaterThan(20);
    // The end of the process at each call; errors at each one in the thorough run, here at every third.
    const stride = thorough || fault.startsWith("killed") ? 1 : 3;
    for (let at = 1; at <= total; at += stride) {
      const disk = await prepared();
      const operations = faultyOperations(disk.operations, { fault, at: before + at });
      const acknowledged = await openLines(fsStore(folder, { operations }))
        .then(run)
        .then(
          () => true,
          () => false,
        );
      const next = await openLines(fsStore(folder, { operations: disk.operations }));
      const where = `${fault} at ${at} of ${total}: ${operations.calls.at(-1)}`;
      expect((await next.check({ full: true })).problems, where).toEqual([]);
      expect(!acknowledged || (await done(next)), `${where}: acknowledged and lost`).toBe(true);
      await next.collectGarbage({ graceSeconds: 0 });
      await run(next);
      expect(await done(next), where).toBe(true);
      expect((await next.check({ full: true })).problems, where).toEqual([]);
      count("faults");
    }
  });
});

describe.each(Object.keys(kinds) as Kind[])("several processes on one store: %s", (kind) => {
  const scratch = mkdtempSync(join(tmpdir(), "modelkeep-registry-"));
  let script: string;
  beforeAll(async () => {
    script = await bundle(new URL("./worker-process.ts", import.meta.url));
  });
  afterAll(() => {
    rmSync(scratch, { recursive: true });
    rmSync(script, { force: true });
  });

  const start = (path: string, ...words: string[]) =>
    spawn(process.execPath, [script, kind, path, ...words], { stdio: ["ignore", "pipe", "inherit"] });
  async function opened<T>(path: string, use: (registry: Registry) => Promise<T>): Promise<T> {
    await using registry = await openLines(kinds[kind](path));
    return await use(registry);
  }

  it("save and move aliases side by side, and none is lost", { timeout: 180_000 }, async () => {
    const path = join(scratch, "race");
    await opened(path, (registry) => registry.save("lines", { model: new Line(0) }));
    // SQLite has one writer at a time.
    const each = kind === "fs" ? 25 : 8;
    const workers = ["1", "2", "3", "4"].map((seed) => start(path, seed, String(each)));
    const texts = await Promise.all(
      workers.map(async (worker) => (await worker.stdout.setEncoding("utf8").toArray()).join("")),
    );
    const saved = texts.flatMap((text) => text.split("\n").filter((line) => line.startsWith("saved")));
    const moved = texts.flatMap((text) => text.split("\n").filter((line) => line.startsWith("moved")));
    expect(saved).toHaveLength(4 * each);
    expect(new Set(saved).size).toBe(4 * each);
    await opened(path, async (registry) => {
      const { versions, moves } = await registry.show("lines");
      expect(versions).toHaveLength(4 * each + 1);
      expect(moves["live"]).toHaveLength(moved.length);
      expect((await registry.check({ full: true })).problems).toEqual([]);
    });
  });

  it("are killed at any moment, and what they had said is there", { timeout: 300_000 }, async () => {
    const path = join(scratch, "kill");
    await opened(path, (registry) => registry.save("lines", { model: new Line(0) }));
    const said = new Set<string>();
    const rounds = thorough ? 100 : 6;
    for (let round = 0; round < rounds; round++) {
      const worker = start(path, `k${round}`, "100000");
      let text = "";
      worker.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      await Promise.race([once(worker.stdout, "data"), once(worker, "exit")]);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
      worker.kill("SIGKILL");
      await once(worker, "close");
      const lines = text.split("\n").slice(0, -1);
      for (const line of lines) if (line.startsWith("saved ")) said.add(line.slice("saved ".length));
      await opened(path, async (registry) => {
        expect((await registry.check({ full: true })).problems).toEqual([]);
        await registry.collectGarbage({ graceSeconds: 0 });
        expect((await registry.check({ full: true })).problems).toEqual([]);
        const numbers = new Set((await registry.show("lines")).versions.map((version) => String(version.version)));
        for (const version of said) expect(numbers).toContain(version);
      });
    }
    count("kills", rounds);
    expect(said.size).toBeGreaterThan(rounds / 2);
  });
});
