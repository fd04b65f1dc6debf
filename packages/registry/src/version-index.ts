import { collect, compareCodePoints, isModelkeepError } from "@modelkeep/core";

import { eachOf } from "./blobs.js";
import type { Context } from "./context.js";
import { type IndexLine, lineOf, readLine } from "./index-line.js";
import { changesHour, changesPrefix, indexPrefix, modelOfHint } from "./keys.js";
import { modelNames } from "./models.js";
import { ulid } from "./ulid.js";

const hour = 60 * 60 * 1000;
/** Hints of this long ago are looked at again: writers' clocks differ. */
const overlap = 2 * hour;
/** Hints are kept for 48 hours; an index that is older starts anew. */
const tooOld = 40 * hour;
/** A hint may come before its entry: for this many milliseconds its model is asked again. */
const settling = 30_000;
/** How often every model is asked whether it has changed, whatever the hints said. */
const scanEvery = 24 * hour;
const format = "modelkeep.index/1";

/**
 * What listing and searching read: one line per model, kept in memory, followed through hints, and put into the store
 * from time to time for whoever opens the registry next. The logs are the truth; this is only ever a little behind.
 */
export class VersionIndex {
  readonly #context: Context;
  readonly #lines = new Map<string, IndexLine>();
  /** Hints, and when each was seen first. */
  readonly #seen = new Map<string, number>();
  /** Sorted, until a model is added. */
  #names: readonly string[] | undefined;
  /** Changes until then are in. */
  #through = Number.NaN;
  #scanned = Number.NaN;
  #unsaved = 0;
  #refreshing: Promise<void> | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Lines in code-point order of the names, as they were at the last refresh. */
  sorted(): IndexLine[] {
    this.#names ??= [...this.#lines.keys()].sort(compareCodePoints);
    return this.#names.map((name) => this.#lines.get(name)!);
  }

  /** With `scan`, every model is asked; otherwise those that hints name. */
  async refresh({ scan = false }: { readonly scan?: boolean | undefined } = {}): Promise<void> {
    await this.#refreshing?.catch(() => undefined);
    this.#refreshing = this.#refresh(scan);
    await this.#refreshing;
  }

  async #refresh(scan: boolean): Promise<void> {
    const now = this.#context.clock().getTime();
    if (Number.isNaN(this.#through)) await this.#load();
    const whole = scan || !(now - this.#through < tooOld) || !(now - this.#scanned < scanEvery);
    const hinted = await this.#hinted(Number.isNaN(this.#through) ? now : Math.min(now, this.#through));
    const names = whole ? await this.#all() : hinted;
    await eachOf([...names], 16, (name) => this.#update(name));
    this.#through = now;
    if (whole) this.#scanned = now;
    if (this.#unsaved >= Math.max(64, this.#lines.size / 10)) await this.#save();
  }

  async #update(name: string): Promise<void> {
    const line = this.#lines.get(name);
    const { logs } = this.#context;
    if (line !== undefined && (await logs.isCurrent({ name, length: line.length }))) return;
    const record = await logs.current(name);
    if (record.length === 0 || record.length === line?.length) return;
    if (line === undefined) this.#names = undefined;
    this.#lines.set(name, lineOf(record));
    this.#unsaved++;
  }

  async #hinted(through: number): Promise<Set<string>> {
    const { store } = this.#context;
    const names = new Set<string>();
    const after = changesHour(new Date(through - overlap)).slice(0, -1);
    for (const key of this.#seen.keys()) if (compareCodePoints(key, after) <= 0) this.#seen.delete(key);
    for await (const { key } of store.list(changesPrefix, { after })) {
      const now = performance.now();
      const first = this.#seen.get(key) ?? now;
      this.#seen.set(key, first);
      if (now - first > settling) continue;
      const name = modelOfHint(key) ?? (await this.#nameIn(key));
      if (name !== undefined) names.add(name);
    }
    return names;
  }

  async #nameIn(key: string): Promise<string | undefined> {
    const object = await this.#context.store.get(key);
    if (object === undefined || object.info.size > 4096) return undefined;
    try {
      const { model } = JSON.parse(new TextDecoder().decode(await collect(object.stream()))) as { model?: unknown };
      return typeof model === "string" ? model : undefined;
    } catch {
      return undefined;
    }
  }

  async #all(): Promise<Set<string>> {
    const names = new Set<string>();
    for await (const name of modelNames(this.#context.store)) names.add(name);
    return names;
  }

  /** The newest index in the store. One that can't be read is none. */
  async #load(): Promise<void> {
    const { store } = this.#context;
    let newest: string | undefined;
    for await (const { key } of store.list(indexPrefix)) newest = key;
    const object = newest === undefined ? undefined : await store.get(newest);
    if (object === undefined) return;
    try {
      const [head, ...lines] = new TextDecoder().decode(await collect(object.stream())).split("\n");
      const {
        format: found,
        through,
        scanned,
      } = JSON.parse(head!) as { format?: unknown; through?: unknown; scanned?: unknown };
      if (found !== format || typeof through !== "number" || typeof scanned !== "number") return;
      const read = lines.flatMap((text) => readLine(text) ?? []);
      for (const line of read) this.#lines.set(line.name, line);
      this.#through = through;
      this.#scanned = scanned;
    } catch (error) {
      if (isModelkeepError(error)) throw error;
      this.#lines.clear();
    }
  }

  /** Puts the index into the store, for the next one who opens it, and takes older ones away. */
  async #save(): Promise<void> {
    const { store, clock, readOnly, actor } = this.#context;
    this.#unsaved = 0;
    if (readOnly !== undefined || actor === undefined) return;
    const head = JSON.stringify({ format, through: this.#through, scanned: this.#scanned });
    const text = [head, ...[...this.#lines.values()].map((line) => line.text())].join("\n");
    const key = `${indexPrefix}${ulid(clock())}`;
    await store.put(key, new TextEncoder().encode(text));
    for await (const { key: other } of store.list(indexPrefix)) if (other < key) await store.delete(other);
  }
}
