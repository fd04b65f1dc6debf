import type { Store } from "@modelkeep/core";

import { readBatch } from "./batch.js";
import { type BatchKey, hourOf, modelPrefix, parseBatchKey } from "./batch-key.js";
import { firstUlid, ulidTime } from "./monotonic-ulid.js";
import type { PredictionRecord } from "./record.js";

/** Which predictions are looked for. */
export interface FindOptions {
  /** Only predictions of this version. Batches without it are not read. */
  readonly version?: number | undefined;
  /** Only of this caller. Every batch of the time is read for it. */
  readonly caller?: string | undefined;
  /** From this time on. */
  readonly from?: Date | string | undefined;
  /** Before this time. */
  readonly to?: Date | string | undefined;
  /** Goes on behind this id, where a page ended. */
  readonly after?: string | undefined;
  /** Default "oldest". */
  readonly first?: "oldest" | "newest" | undefined;
  /** What shadows predicted: "without" (default), "only", or "with" the others. */
  readonly shadows?: "without" | "only" | "with" | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Ids from `low` to before `high`. */
interface Range {
  readonly low: string;
  readonly high: string;
}

const beyond = "~";

/**
 * Records of a model under all its names, in the order of their ids. Only folders of the hours in question are listed, and
 * only batches that may hold what is asked for are read, as the caller goes on.
 */
export async function* findPredictions(
  store: Store,
  names: readonly string[],
  options: FindOptions = {},
): AsyncGenerator<PredictionRecord> {
  const { version, caller, shadows = "without", first = "oldest", signal } = options;
  const range = rangeOf(options);
  const wanted = (batch: BatchKey) =>
    batch.first < range.high &&
    batch.last >= range.low &&
    (version === undefined || batch.versions?.has(version) !== false);
  const fits = (record: PredictionRecord) =>
    record.id >= range.low &&
    record.id < range.high &&
    (version === undefined || record.version === version) &&
    (caller === undefined || record.caller === caller) &&
    (shadows === "with" || (record.shadow !== undefined) === (shadows === "only"));
  for (const prefixes of await hours(store, names, range, first, signal)) {
    const batches = (await keysOf(store, prefixes, signal)).filter(wanted);
    for await (const record of inOrder(store, batches, first)) if (fits(record)) yield record;
  }
}

function rangeOf({ from, to, after, first }: FindOptions): Range {
  const low = from === undefined ? "" : firstUlid(timeOf(from));
  const high = to === undefined ? beyond : firstUlid(timeOf(to));
  if (after === undefined) return { low, high };
  if (first === "newest") return { low, high: after < high ? after : high };
  // The least text that comes behind the id.
  const next = `${after}\u0000`;
  return { low: next > low ? next : low, high };
}

function timeOf(time: Date | string): number {
  const milliseconds = new Date(time).getTime();
  if (Number.isNaN(milliseconds)) throw new TypeError(`${String(time)} is no time`);
  return milliseconds;
}

/** Folders of the range, those of one hour together. */
async function hours(
  store: Store,
  names: readonly string[],
  range: Range,
  first: FindOptions["first"],
  signal: AbortSignal | undefined,
): Promise<readonly (readonly string[])[]> {
  const found = new Map<string, string[]>();
  const [from, to] = [hourOfId(range.low), hourOfId(range.high)];
  for (const name of names) {
    const prefix = modelPrefix(name);
    // Just before the first hour in question, so that it is among what is listed.
    const after = from === undefined ? {} : { after: `${prefix}${from}` };
    for await (const { key } of store.list(prefix, { delimiter: "/", ...after, signal })) {
      const hour = key.slice(prefix.length, -1);
      if (to !== undefined && hour > to) break;
      found.set(hour, [...(found.get(hour) ?? []), key]);
    }
  }
  const sorted = [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, prefixes]) => prefixes);
  return first === "newest" ? sorted.toReversed() : sorted;
}

function hourOfId(id: string): string | undefined {
  return id === "" || id === beyond ? undefined : hourOf(ulidTime(id));
}

export async function keysOf(store: Store, prefixes: readonly string[], signal?: AbortSignal): Promise<BatchKey[]> {
  const found: BatchKey[] = [];
  for (const prefix of prefixes)
    for await (const { key } of store.list(prefix, { signal })) {
      const batch = parseBatchKey(key);
      if (batch !== undefined) found.push(batch);
    }
  return found;
}

/** Merges batches, which may overlap where several processes wrote at once; each is read when its turn comes. */
async function* inOrder(
  store: Store,
  batches: readonly BatchKey[],
  first: FindOptions["first"],
): AsyncGenerator<PredictionRecord> {
  const newest = first === "newest";
  const precedes = (a: string, b: string) => (newest ? a > b : a < b);
  const begin = (batch: BatchKey) => (newest ? batch.last : batch.first);
  const waiting = batches.toSorted((a, b) => (precedes(begin(a), begin(b)) ? 1 : -1));
  const open: { readonly records: readonly PredictionRecord[]; at: number }[] = [];
  for (;;) {
    let next = -1;
    for (const [index, { records, at }] of open.entries())
      if (next < 0 || precedes(records[at]!.id, open[next]!.records[open[next]!.at]!.id)) next = index;
    const head = next < 0 ? undefined : open[next]!;
    const batch = waiting.at(-1);
    if (batch !== undefined && (head === undefined || !precedes(head.records[head.at]!.id, begin(batch)))) {
      waiting.pop();
      const records = (await readBatch(store, batch))?.records ?? [];
      if (records.length > 0) open.push({ records: newest ? records.toReversed() : records, at: 0 });
    } else if (head === undefined) return;
    else {
      yield head.records[head.at]!;
      head.at++;
      if (head.at === head.records.length) open.splice(next, 1);
    }
  }
}
