import { collect, compareCodePoints } from "@modelkeep/core";

import { eachOf } from "./blobs.js";
import type { Context } from "./context.js";
import { IndexLine } from "./index-line.js";
import { type IndexMarks, IndexParts } from "./index-parts.js";
import { changesHour, changesPrefix, modelOfHint } from "./keys.js";
import { modelNames } from "./models.js";

const hour = 60 * 60 * 1000;
/** Hints of this long ago are looked at again: writers' clocks differ. */
const overlap = 2 * hour;
/** Hints are kept for 48 hours; an index that is older starts anew. */
const tooOld = 40 * hour;
/** A hint may come before its entry: for this many milliseconds its model is asked again. */
const settling = 30_000;
/** How often every model is asked whether it has changed, whatever the hints said. */
const scanEvery = 24 * hour;
/** So many changed models are put into the store as a part of the index: whoever opens it next reads fewer logs than that. */
const enough = 16;

/**
 * What listing and searching read: one line per model, kept in memory, followed through hints, and put into the store
 * from time to time for whoever opens the registry next. The logs are the truth; this is only ever a little behind.
 */
export class VersionIndex {
  readonly #context: Context;
  readonly #parts: IndexParts;
  readonly #lines = new Map<string, IndexLine>();
  /** Hints, and when each was seen first. */
  readonly #seen = new Map<string, number>();
  /** Sorted, until a model is added. */
  #names: readonly string[] | undefined;
  #marks: IndexMarks = { through: Number.NaN, scanned: Number.NaN };
  /** Models whose lines are newer than those in the store. */
  readonly #unsaved = new Set<string>();
  #refreshing: Promise<void> | undefined;

  constructor(context: Context) {
    this.#context = context;
    this.#parts = new IndexParts(context.store);
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
    if (Number.isNaN(this.#marks.through)) this.#marks = (await this.#load()) ?? this.#marks;
    const { through, scanned } = this.#marks;
    const whole = scan || !(now - through < tooOld) || !(now - scanned < scanEvery);
    const hinted = await this.#hinted(Number.isNaN(through) ? now : Math.min(now, through));
    const names = whole ? await this.#all() : hinted;
    await eachOf([...names], 16, (name) => this.#update(name));
    this.#marks = { through: now, scanned: whole ? now : scanned };
    if (this.#unsaved.size >= enough) await this.#save();
  }

  async #update(name: string): Promise<void> {
    const line = this.#lines.get(name);
    const { logs } = this.#context;
    if (line !== undefined && (await logs.isCurrent({ name, length: line.length }))) return;
    // What changes now will change again; of all others the line is enough.
    const record = line === undefined ? await logs.glimpse(name) : await logs.current(name);
    if (record.length === 0 || record.length === line?.length) return;
    this.#keep(IndexLine.fromRecord(record));
    this.#unsaved.add(name);
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

  #keep(line: IndexLine): void {
    const known = this.#lines.get(line.name);
    if (known !== undefined && known.length >= line.length) return;
    if (known === undefined) this.#names = undefined;
    this.#lines.set(line.name, line);
  }

  /** What others have put into the store. */
  #load(): Promise<IndexMarks | undefined> {
    return this.#parts.load((line) => {
      this.#keep(line);
      if (this.#lines.get(line.name) === line) this.#unsaved.delete(line.name);
    });
  }

  /** Puts what changed into the store, for the next one who opens it. */
  async #save(): Promise<void> {
    const { clock, readOnly, actor } = this.#context;
    if (readOnly !== undefined || actor === undefined) return;
    await this.#load();
    const changed = new Set(this.#unsaved);
    this.#unsaved.clear();
    try {
      await this.#parts.save(changed, this.#lines, this.#marks, clock());
    } catch (error) {
      for (const name of changed) this.#unsaved.add(name);
      throw error;
    }
  }
}
