// Run by `inFreshProcess`: one job, whose findings are printed as JSON.
import { readFileSync } from "node:fs";

import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { collect, keptBytes } from "@modelkeep/core";
import { fileSource, verifyParallel } from "@modelkeep/core/node";
import { copyRegistry, openRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";

import { mebibyte } from "./bench.js";
import { hashRepeatedly, randomBytes } from "./data.js";
import { hashOnThreads } from "./hash-threads.js";

interface Stored {
  readonly folder: string;
  readonly reference: string;
}

const jobs = {
  /** Milliseconds of a verified load, from the open registry to views. */
  async load({ folder, reference }: Stored): Promise<number> {
    const registry = await openRegistry({ store: fsStore(folder), readOnly: true });
    const codec = safetensorsCodec();
    // Loaded on first use: an import, which neither side counts.
    await import("@modelkeep/core/manifest");
    const start = performance.now();
    const envelope = await registry.open(reference);
    await codec.decode(envelope.payloads());
    return performance.now() - start;
  },

  /** Verifies without releasing a byte; then hashes as many in memory, in this thread and in as many others, for comparison. */
  async verify({ folder, reference, workers }: Stored & { readonly workers: number }) {
    const registry = await openRegistry({ store: fsStore(folder), readOnly: true });
    const envelope = await registry.open(reference);
    const { facts, open } = keptBytes(envelope.payloads().main)!;
    const object = (await open())!;
    const before = peakMemory();
    const start = performance.now();
    await verifyParallel(facts, object, { workers });
    const milliseconds = performance.now() - start;
    const grown = peakMemory() - before;
    const hashing = hashRepeatedly(randomBytes(16 * mebibyte), facts.size);
    return { milliseconds, grown, hashing, inMemory: workers > 1 ? await hashOnThreads(facts.size, workers) : hashing };
  },

  /** Saves a file into a new registry as it is read. */
  async save({ folder, reference, file }: Stored & { readonly file: string }) {
    const registry = await openRegistry({ store: fsStore(folder), actor: "bench" });
    await registry.save(reference, { files: [await fileSource(file)] });
    return { peak: peakMemory() };
  },

  async copy({ from, to }: { readonly from: string; readonly to: string }) {
    await copyRegistry(fsStore(from), fsStore(to));
    return { peak: peakMemory() };
  },

  /** Milliseconds that reading a whole history takes, once its bytes are in memory. */
  async history({ folder, name }: { readonly folder: string; readonly name: string }): Promise<number> {
    const [disk, store] = [fsStore(folder), memoryStore()];
    for await (const { key } of disk.list("")) await store.put(key, await collect((await disk.get(key))!.stream()));
    const registry = await openRegistry({ store, readOnly: true });
    const start = performance.now();
    await registry.show(name);
    return performance.now() - start;
  },

  /** Moves `production` of some models to a version, each move acknowledged. */
  async move({ folder, names, version }: { folder: string; names: readonly string[]; version: number }) {
    const registry = await openRegistry({ store: fsStore(folder), actor: "another process" });
    for (const name of names) await registry.alias(name, "production", version);
    return names.length;
  },
};

export type Jobs = typeof jobs;

/** The most memory that this process has had, in MiB. What `getrusage` says may be that of the process that started it. */
function peakMemory(): number {
  if (process.platform !== "linux") return process.resourceUsage().maxRSS / 1024;
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/mu.exec(readFileSync("/proc/self/status", "utf8"))!;
  return Number(kibibytes) / 1024;
}

const [name, given] = process.argv.slice(2) as [keyof Jobs, string];
const job = jobs[name] as (given: unknown) => Promise<unknown>;
process.stdout.write(JSON.stringify(await job(JSON.parse(given))));
