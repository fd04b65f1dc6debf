import { readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";

import { safetensorsCodec } from "@modelkeep/codec-safetensors";
import { digestHex } from "@modelkeep/core";
import { measuring, openPackageFile, writePackageFile } from "@modelkeep/core/node";
import { openRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";

import { type Bench, gibibyte, type Group, groupOf, roundsOf, sizeOf } from "../bench.js";
import { bytesOf, hash, randomTensors, writeBare, writeLargeFile } from "../data.js";
import { inFreshProcess } from "../fresh-process.js";
import { interleaveRounds, median } from "../measure.js";
import { missingModules } from "../python-peer.js";
import { ratio, ratioOfRounds, type Row } from "../row.js";

const codec = safetensorsCodec();

/** Large files: loaded, verified, saved and copied, against hashing the same bytes once. */
export const io: Group = groupOf("io", "Large files", { load: verifiedLoad, verify: verifyOnly, save: safeSave });

async function verifiedLoad(bench: Bench): Promise<Row[]> {
  const model = randomTensors(sizeOf(bench, gibibyte), 4);
  const folder = join(bench.folder, "load");
  const file = join(bench.folder, "load.model.zip");
  const registry = await openRegistry({ store: fsStore(folder), codecs: [codec], actor: "bench" });
  await registry.save("large", { model });
  await writePackageFile(file, await registry.open("large"));
  const bytes = bytesOf(model);
  const times = await interleaveRounds(roundsOf(bench, 9), {
    sha256: () => void hash(bytes),
    read: () => void readFileSync(file),
    store: async () => void (await codec.decode((await registry.open("large")).payloads())),
    file: async () => void (await codec.decode((await openPackageFile(file)).payloads())),
  });
  await rm(folder, { recursive: true });
  await rm(file);
  const fresh = "no digest: how long memory that the system has yet to give takes by itself";
  const load = "verified load of 1 GiB safetensors into views, store-fs";
  return [
    ratioOfRounds("1 GiB read into new memory, unverified / sha256", times.read, times.sha256, undefined, fresh),
    ratioOfRounds(`${load} / sha256`, times.store, times.sha256, 1.25),
    ratioOfRounds("the same from a package file / sha256", times.file, times.sha256, 1.25),
    ratioOfRounds(`${load} / read unverified`, times.store, times.read, undefined),
    ratioOfRounds("the same from a package file / read unverified", times.file, times.read, undefined),
  ];
}

async function verifyOnly(bench: Bench): Promise<Row[]> {
  const size = sizeOf(bench, 4 * gibibyte);
  const file = join(bench.folder, "large.bin");
  const folder = join(bench.folder, "verify");
  const copied = join(bench.folder, "copied");
  const stored = { folder, reference: "large" };
  writeLargeFile(file, size);
  const saved = await inFreshProcess("save", { ...stored, file });
  await rm(file);
  const copy = await inFreshProcess("copy", { from: folder, to: copied });
  await rm(copied, { recursive: true });

  const one: Verified[] = [];
  const two: Verified[] = [];
  for (let round = 0; round < roundsOf(bench, 3); round++) {
    one.push(await inFreshProcess("verify", { ...stored, workers: 1 }));
    two.push(await inFreshProcess("verify", { ...stored, workers: 2 }));
  }
  await rm(folder, { recursive: true });
  const each = "each in a fresh process";
  const memory = (what: string, measured: number, goal: number | undefined, note: string): Row => ({
    what,
    goal,
    measured,
    unit: "MiB",
    note,
  });
  return [
    ratio("verify only, 4 GiB, one thread / sha256", of(one, "milliseconds"), of(one, "hashing"), 1.2, each),
    memory("its memory growth", of(one, "grown"), 32, "peak resident memory after, less before"),
    ratio("verify only, 4 GiB, chunks on two threads / sha256", of(two, "milliseconds"), of(two, "hashing"), 0.7, each),
    memory("its memory growth", of(two, "grown"), undefined, "two threads of Node included"),
    ratio(
      "hashing 4 GiB in memory on two threads / on one",
      of(two, "inMemory"),
      of(two, "hashing"),
      undefined,
      "reads nothing: what the two processors give by themselves",
    ),
    memory("streamed save of 4 GiB into store-fs, peak memory", saved.peak, 200, "of the whole process"),
    memory("copy of 4 GiB between registries on store-fs, peak memory", copy.peak, 200, "of the whole process"),
  ];
}

interface Verified {
  readonly milliseconds: number;
  readonly hashing: number;
  readonly inMemory: number;
  readonly grown: number;
}

function of(found: readonly Verified[], what: keyof Verified): number {
  return median(found.map((each) => each[what]));
}

async function safeSave(bench: Bench): Promise<Row[]> {
  const size = sizeOf(bench, gibibyte);
  const model = randomTensors(size, 4);
  const bytes = bytesOf(model);
  const lacking = missingModules(bench.python, "joblib", "numpy");
  const python = lacking === "" ? bench.python : undefined;
  await python?.call("arrays", { size, count: 4 });
  let count = 0;
  const next = () => join(bench.folder, `save-${count++}`);
  const times = await interleaveRounds(roundsOf(bench, 7), {
    sha256: () => void hash(bytes),
    bare: () => {
      const file = next();
      const start = performance.now();
      writeBare(file, bytes);
      return removedAfter(file, performance.now() - start);
    },
    store: async () => {
      const folder = next();
      const start = performance.now();
      const [source] = await codec.encode(model);
      const measured = measuring(source!);
      await fsStore(folder).put(
        () => `blobs/${digestHex(measured.result().digest)}`,
        () => measured.source.open(),
        { size: source!.size! },
      );
      return removedAfter(folder, performance.now() - start);
    },
    registry: async () => {
      const folder = next();
      const registry = await openRegistry({ store: fsStore(folder), codecs: [codec], actor: "bench" });
      const start = performance.now();
      await registry.save("large", { model });
      return removedAfter(folder, performance.now() - start);
    },
    python:
      python &&
      (async () => {
        const file = next();
        return removedAfter(file, await python.time("dump_sync_hash", { path: file }));
      }),
  });
  const whole = "whole and chunk digests, fsync, atomic rename";
  const bare = "write, fsync, no digest: how long the disk takes by itself";
  const written = "safe save of 1 GiB into store-fs, measured on the way";
  return [
    ratioOfRounds("1 GiB written bare / sha256", times.bare, times.sha256, undefined, bare),
    ratioOfRounds(`${written} / sha256`, times.store, times.sha256, 1.9, whole),
    ratioOfRounds(`${written} / written bare`, times.store, times.bare, undefined, whole),
    ratioOfRounds("safe save of 1 GiB by registry.save / sha256", times.registry, times.sha256, 1.9, whole),
    ratioOfRounds("registry.save / Python's joblib.dump + fsync + sha256", times.registry, times.python, 0.9, lacking),
  ];
}

async function removedAfter(path: string, milliseconds: number): Promise<number> {
  await rm(path, { recursive: true });
  return milliseconds;
}
