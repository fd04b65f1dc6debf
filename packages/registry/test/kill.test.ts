import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { memorySource, type Store } from "@modelkeep/core";
import { fsStore, nodeFileOperations } from "@modelkeep/store-fs";
import { type Fault, faultyOperations, MemoryDisk } from "@modelkeep/store-fs/faults";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Registry } from "../src/index.js";
import { openLines } from "./support/registry.js";
import { Line, lineInputs } from "./support/toy.js";

const samples = { inputs: lineInputs(0, 1) };
const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index % 251);
const thorough = process.env["MODELKEEP_RELIABILITY"] !== undefined;
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
    }
  });
});

describe("store-fs, several processes", () => {
  const scratch = mkdtempSync(join(tmpdir(), "modelkeep-registry-"));
  const script = join(import.meta.dirname, "../node_modules/.bundles", `worker-process-${process.pid}.mjs`);
  beforeAll(async () => {
    await build({
      entryPoints: [fileURLToPath(new URL("worker-process.ts", import.meta.url))],
      outfile: script,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      conditions: ["modelkeep-source"],
      logLevel: "error",
    });
  });
  afterAll(() => {
    rmSync(scratch, { recursive: true });
    rmSync(script, { force: true });
  });

  const start = (path: string, ...words: string[]) =>
    spawn(process.execPath, [script, path, ...words], { stdio: ["ignore", "pipe", "inherit"] });

  it("save and move aliases side by side, and none is lost", async () => {
    const path = join(scratch, "race");
    const store: Store = fsStore(path, { operations: nodeFileOperations });
    await (await openLines(store)).save("lines", { model: new Line(0) });
    const workers = ["1", "2", "3", "4"].map((seed) => start(path, seed, "25"));
    const texts = await Promise.all(
      workers.map(async (worker) => (await worker.stdout.setEncoding("utf8").toArray()).join("")),
    );
    const registry = await openLines(fsStore(path));
    const { versions, moves } = await registry.show("lines");
    const saved = texts.flatMap((text) => text.split("\n").filter((line) => line.startsWith("saved")));
    const moved = texts.flatMap((text) => text.split("\n").filter((line) => line.startsWith("moved")));
    expect(saved).toHaveLength(100);
    expect(new Set(saved).size).toBe(100);
    expect(versions).toHaveLength(101);
    expect(moves["live"]).toHaveLength(moved.length);
    expect((await registry.check({ full: true })).problems).toEqual([]);
  }, 60_000);

  it("are killed at any moment, and what they had said is there", async () => {
    const path = join(scratch, "kill");
    await (await openLines(fsStore(path))).save("lines", { model: new Line(0) });
    const said = new Set<string>();
    for (let round = 0; round < (thorough ? 100 : 8); round++) {
      const worker = start(path, `k${round}`, "100000");
      let text = "";
      worker.stdout.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
      await Promise.race([once(worker.stdout, "data"), once(worker, "exit")]);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 80));
      worker.kill("SIGKILL");
      await once(worker, "close");
      const lines = text.split("\n").slice(0, -1);
      for (const line of lines) if (line.startsWith("saved ")) said.add(line.slice("saved ".length));
      const registry = await openLines(fsStore(path));
      expect((await registry.check({ full: true })).problems).toEqual([]);
      await registry.collectGarbage({ graceSeconds: 0 });
      expect((await registry.check({ full: true })).problems).toEqual([]);
      const numbers = new Set((await registry.show("lines")).versions.map((version) => String(version.version)));
      for (const version of said) expect(numbers).toContain(version);
    }
    expect(said.size).toBeGreaterThan(8);
  }, 300_000);
});
