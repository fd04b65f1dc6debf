import { join } from "node:path";

import { memorySource, type Store } from "@modelkeep/core";
import { backupRegistry, openRegistry, restoreRegistry } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";

import type { Bench, Group } from "../bench.js";
import type { Row } from "../row.js";

const versionsOfEach = 10;
const changes = 10;

/** What a backup costs the first time, and when little has changed. Requests are what counts on a store far away. */
export const backup: Group = { name: "backup", title: "Backup", run };

async function run(bench: Bench): Promise<Row[]> {
  const models = bench.quick ? 50 : 1000;
  const versions = (models * versionsOfEach).toLocaleString("en");
  const source = memoryStore();
  const registry = await openRegistry({ store: source, actor: "bench" });
  const save = (model: number, version: number) =>
    registry.save(`model-${model}`, {
      files: [memorySource("model.bin", new TextEncoder().encode(`${model} ${version}`))],
    });
  for (let version = 0; version < versionsOfEach; version++)
    for (let model = 0; model < models; model++) await save(model, version);

  const counts = { requests: 0, listed: 0 };
  const [from, to] = [counted(source, counts), counted(fsStore(join(bench.folder, "backup")), counts)];
  const timed = async (work: () => Promise<unknown>) => {
    Object.assign(counts, { requests: 0, listed: 0 });
    const start = performance.now();
    await work();
    return { milliseconds: performance.now() - start, ...counts };
  };
  const first = await timed(() => backupRegistry(from, to));
  const nothing = await timed(() => backupRegistry(from, to));
  for (let index = 0; index < changes; index++) await save((index * 7919) % models, versionsOfEach);
  const second = await timed(() => backupRegistry(from, to));
  const restored = await timed(() => restoreRegistry(to, counted(memoryStore(), counts)));
  const note = ({ requests, listed }: typeof first) =>
    `${requests.toLocaleString("en")} requests, and listings of ${listed.toLocaleString("en")} keys`;
  return [
    {
      what: `first backup of ${versions} versions to store-fs`,
      measured: first.milliseconds,
      unit: "ms",
      note: note(first),
    },
    { what: "again, when nothing has changed", measured: nothing.milliseconds, unit: "ms", note: note(nothing) },
    { what: `again, after ${changes} new versions`, measured: second.milliseconds, unit: "ms", note: note(second) },
    {
      what: `again, after ${changes} new versions / the first: requests`,
      goal: 0.01,
      measured: second.requests / first.requests,
      unit: "x",
      note: `${second.requests} / ${first.requests.toLocaleString("en")}`,
    },
    { what: "restore of all of it to store-memory", measured: restored.milliseconds, unit: "ms", note: note(restored) },
  ];
}

function counted(store: Store, counts: { requests: number; listed: number }): Store {
  const one = <T>(answer: T): T => {
    counts.requests++;
    return answer;
  };
  return {
    name: store.name,
    supports: store.supports,
    head: (...args) => one(store.head(...args)),
    get: (...args) => one(store.get(...args)),
    put: (...args) => one(store.put(...args)),
    delete: (...args) => one(store.delete(...args)),
    async *list(...args) {
      counts.requests++;
      for await (const entry of store.list(...args)) {
        counts.listed++;
        yield entry;
      }
    },
  };
}
