import { randomBytes } from "node:crypto";
import { join } from "node:path";

import { type Store } from "@modelkeep/core";
import { fsStore } from "@modelkeep/store-fs";
import { memoryStore } from "@modelkeep/store-memory";
import { sqliteStore } from "@modelkeep/store-sqlite";

import { type Bench, type Group, roundsOf } from "../bench.js";
import { interleave } from "../measure.js";
import { notRun, ratio, type Row } from "../row.js";
import { onServers, type Server } from "./store-servers.js";

const goal = 1.2;
/** Keys to list, where the usual number can't be had: the emulator of Azure takes longer for each blob the more it has. */
const listed: Readonly<Record<string, number>> = { "store-azure": 10_000 };

/** Each store on a server against its client library's own put and get, in one run. */
export const stores: Group = { name: "stores", title: "Stores on servers", run: throughput };

/** How long listings take, of local stores too. */
export const listings: Group = { name: "listings", title: "Listings", run: listAll };

async function throughput(bench: Bench): Promise<Row[]> {
  return onServers(
    (name, server) => compare(bench, name, server),
    (name, needs) => [notRun(`${name}: put and get / its client library`, goal, `${needs} is not set`)],
  );
}

async function listAll(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const store of [memoryStore(), fsStore(join(bench.folder, "fs")), sqliteStore(join(bench.folder, "list.db"))]) {
    rows.push(await listing(bench, `store-${store.name}`, store));
    await store[Symbol.asyncDispose]?.();
  }
  return [...rows, ...(await onServers(async (name, { store }) => [await listing(bench, name, store)]))];
}

async function compare(bench: Bench, name: string, server: Server): Promise<Row[]> {
  const { store } = server;
  const rows: Row[] = [];
  for (const [size, label] of [
    [16 << 10, "16 KiB"],
    [(bench.quick ? 4 : 32) << 20, bench.quick ? "4 MiB" : "32 MiB"],
  ] as const) {
    const bytes = randomBytes(size);
    const calls = size < 1 << 20 ? (bench.quick ? 10 : 100) : 1;
    const names = Array.from({ length: calls }, (_, index) => `${label.replace(" ", "-")}-${index}`);
    const each = async (work: (name: string) => Promise<unknown>) => {
      for (const one of names) await work(one);
    };
    const target = new Uint8Array(size);
    const times = await interleave(roundsOf(bench, 5), {
      put: () => each((one) => store.put(`bench/${one}`, bytes)),
      rawPut: () => each((one) => server.put(one, bytes)),
      get: () => each(async (one) => (await store.get(`bench/${one}`))!.readInto(target)),
      rawGet: () => each((one) => server.get(one)),
    });
    const about = calls === 1 ? label : `${calls} x ${label}`;
    rows.push(
      ratio(`${name}: put ${about} / its client library`, times.put, times.rawPut, goal),
      ratio(`${name}: get ${about} / its client library`, times.get, times.rawGet, goal),
    );
  }
  return rows;
}

async function listing(bench: Bench, name: string, store: Store): Promise<Row> {
  const keys = bench.quick ? 1000 : (listed[name] ?? 100_000);
  const body = new Uint8Array(16);
  let next = 0;
  const lane = async () => {
    while (next < keys) await store.put(`many/${String(next++).padStart(6, "0")}`, body);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  let found = 0;
  const start = performance.now();
  for await (const _ of store.list("many/")) found++;
  const measured = performance.now() - start;
  return { what: `${name}: list ${found.toLocaleString("en")} keys`, measured, unit: "ms", note: "" };
}
