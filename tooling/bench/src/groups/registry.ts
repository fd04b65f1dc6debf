import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";

import { memorySource, type Store } from "@modelkeep/core";
import { openRegistry, type Registry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { sqliteStore } from "@modelkeep/store-sqlite";

import { signedHistories } from "../signed-histories.js";
import { type Bench, type Group, groupOf, roundsOf } from "../bench.js";
import { inFreshProcess } from "../fresh-process.js";
import { modelName, versions, writeManyModels } from "../many-models.js";
import { interleave, interleaveRounds, medianCall } from "../measure.js";
import { notRun, ratio, ratioOfRounds, type Row } from "../row.js";
import { onServers } from "./store-servers.js";

/** What a registry costs beyond its bytes, and what its index saves. */
export const registry: Group = groupOf("registry", "Registry", {
  publish,
  index: manyModels,
  moves: aliasMoves,
  signed: signedHistories,
});

async function publish(bench: Bench): Promise<Row[]> {
  const save = (to: Registry) => to.save("model", { files: [memorySource("model.bin", randomBytes(16_384))] });
  const written = await objectsOfASave(join(bench.folder, "publish"), save);
  const calls = bench.quick ? 10 : 25;
  // How long a file system looks for room depends on the folder: each round has its own.
  let folders = 0;
  const fresh = (of: string) => join(bench.folder, `${of}-${folders++}`);
  const times = await interleaveRounds(roundsOf(bench, 25), {
    save: async () => {
      const registry = await openRegistry({ store: fsStore(fresh("publish")), actor: "bench" });
      await save(registry);
      return medianCall(calls, () => save(registry));
    },
    bare: async () => {
      const bare = new BareWriter(fresh("bare"));
      bare.write(written);
      return medianCall(calls, () => bare.write(written));
    },
  });
  const note = `objects: ${written.length}; bare is create, write, fsync, rename, fsync of the folder, and of the parent of a new one; each round in a new folder`;
  return [
    ratioOfRounds(
      "publish a model of 16 KB on store-fs / the same objects written bare",
      times.save,
      times.bare,
      1.3,
      note,
    ),
  ];
}

/** What the second save of a model puts into a store. */
async function objectsOfASave(
  folder: string,
  save: (registry: Registry) => Promise<unknown>,
): Promise<{ readonly key: string; readonly size: number }[]> {
  const store = fsStore(folder);
  const written: { key: string; size: number }[] = [];
  const seen: Store = {
    ...store,
    async put(key, body, options) {
      const info = await store.put(key, body, options);
      written.push(info);
      return info;
    },
  };
  await save(await openRegistry({ store, actor: "bench" }));
  await save(await openRegistry({ store: seen, actor: "bench" }));
  return written;
}

/** Files as durable as they can be made, by nothing but the calls that this takes. */
class BareWriter {
  readonly #folder: string;
  #turn = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  write(objects: readonly { readonly key: string; readonly size: number }[]): void {
    const turn = String(this.#turn++);
    for (const { key, size } of objects) {
      // A blob lies in a folder of its own, named by its digest: that one is new each time.
      const path = join(this.#folder, key.startsWith("blobs/") ? key.replace(/[0-9a-f]{8}/u, turn) : `${key}.${turn}`);
      this.#makeFolder(dirname(path));
      const file = openSync(`${path}.new`, "wx");
      writeSync(file, randomBytes(size));
      fsyncSync(file);
      closeSync(file);
      renameSync(`${path}.new`, path);
      syncFolder(dirname(path));
    }
  }

  #makeFolder(folder: string): void {
    const first = mkdirSync(folder, { recursive: true });
    if (first !== undefined) syncFolder(dirname(first));
  }
}

function syncFolder(folder: string): void {
  const file = openSync(folder, "r");
  fsyncSync(file);
  closeSync(file);
}

async function manyModels(bench: Bench): Promise<Row[]> {
  const models = bench.quick ? 500 : 10_000;
  const count = (models * versions).toLocaleString("en");
  const folder = join(bench.folder, "many");
  await writeManyModels(folder, models);
  const open = () => openRegistry({ store: fsStore(folder), actor: "bench" });

  const opened = await open();
  const order = Array.from({ length: Math.min(2000, models) }, (_, index) => modelName((index * 7919) % models));
  const first = await medianCall(order.length, (index) => opened.resolve(`${order[index]}@production`));
  const again = await medianCall(order.length, (index) => opened.resolve(`${order[index]}@production`));
  const moved = order.slice(0, 50);
  await inFreshProcess("move", { folder, names: moved, version: 1 });
  const stale: string[] = [];
  for (const name of moved) if ((await opened.resolve(`${name}@production`)).version !== 1) stale.push(name);
  const seen = `moves that another process had made: ${moved.length}, of them seen: ${moved.length - stale.length}`;

  const start = performance.now();
  await opened.search("version = 1", { limit: 1 });
  const indexing = performance.now() - start;
  const filter = "metrics.auc >= 0.9 and tags.team = 'risk'";
  const orderBy = "metrics.auc desc";
  let turn = 0;
  const times = await interleave(roundsOf(bench, 3), {
    records: () => readEveryRecord(folder),
    list: async () => void (await (await open()).list()),
    search: async () => void (await (await open()).search(filter, { orderBy })),
    searchAgain: async () => void (await opened.search(filter, { orderBy })),
    listAgain: async () => void (await opened.list()),
    afterChange: async () => {
      await opened.tag(modelName(turn++), 1, { seen: "yes" });
      const begin = performance.now();
      await opened.search(filter, { orderBy });
      return performance.now() - begin;
    },
  });
  const other = "reading and parsing every record";
  return [
    {
      what: `resolve name@production among ${count} versions, once open`,
      goal: 2,
      measured: again,
      unit: "ms",
      note: seen,
    },
    {
      what: "the same, the first time for each model",
      goal: 2,
      measured: first,
      unit: "ms",
      note: "reads the model's whole log",
    },
    ratio(`list ${count} versions by a registry just opened / ${other}`, times.list, times.records, 0.1, "first page"),
    ratio(
      `search and order them by a registry just opened / ${other}`,
      times.search,
      times.records,
      0.1,
      "reads the whole index",
    ),
    ratio(`list by an open registry / ${other}`, times.listAgain, times.records, 0.1),
    ratio(`search and order by an open registry / ${other}`, times.searchAgain, times.records, 0.1),
    ratio(`the same right after a change / ${other}`, times.afterChange, times.records, 0.1, "the index follows"),
    { what: "making the index, when there is none", measured: indexing, unit: "ms", note: "once; the store keeps it" },
  ];
}

function readEveryRecord(folder: string): void {
  const models = join(folder, "models");
  for (const model of readdirSync(models)) {
    const log = join(models, model, "log");
    for (const entry of readdirSync(log)) JSON.parse(readFileSync(join(log, entry), "utf8"));
  }
}

async function aliasMoves(bench: Bench): Promise<Row[]> {
  const local = [memoryStore(), fsStore(join(bench.folder, "moves")), sqliteStore(join(bench.folder, "moves.db"))];
  const rows: Row[] = [];
  for (const store of local) {
    rows.push(await movesOf(bench, `store-${store.name}`, store));
    await store[Symbol.asyncDispose]?.();
  }
  const onOthers = await onServers(
    async (name, { store }) => [await movesOf(bench, name, store)],
    (name, needs) => [notRun(`alias moves, ${name}`, undefined, `${needs} is not set`)],
  );
  return [...rows, ...onOthers];
}

async function movesOf(bench: Bench, name: string, store: Store): Promise<Row> {
  const moving = await openRegistry({ store, actor: "bench" });
  for (const value of [1, 2]) await moving.save("model", { files: [memorySource("model.bin", Uint8Array.of(value))] });
  const move = (index: number) => moving.alias("model", "live", 1 + (index % 2));
  await medianCall(10, move);
  const taken = await medianCall(bench.quick ? 20 : 200, move);
  return { what: `alias moves, ${name}`, measured: 1000 / taken, unit: "/s", note: "one writer, each acknowledged" };
}
