import { collect, type Digest, segmentToName, type Store } from "@modelkeep/core";

import { archivedKey } from "../../src/archives.js";
import { type Entry, readEntry } from "../../src/entry.js";
import { fold } from "../../src/fold.js";
import { logKey, logNumber } from "../../src/keys.js";
import { emptyRecord, type ModelRecord, type VersionRecord } from "../../src/record.js";

/**
 * Stands beneath all clients of a registry and sees every write. At each moment it knows what every version is made of and
 * which bytes are there: a version that was acknowledged, is not deleted and has lost bytes is found when that happens.
 */
export class Witness {
  /** Judges what is merely visible, too, not only what was acknowledged: holds while no process stands still for too long. */
  readonly strict: boolean;
  /** The first fault, in a sentence. */
  fault: string | undefined;
  entries = 0;
  deletions = 0;
  /** Where the logs are. */
  #main: Store | undefined;
  #turn: Promise<void> = Promise.resolve();
  readonly #there = new Set<string>();
  readonly #records = new Map<string, ModelRecord>();
  readonly #acknowledged = new Set<string>();
  /** The versions that some time were said to have bytes at a key. */
  readonly #placed = new Map<string, Map<string, readonly [name: string, version: number]>>();

  constructor({ strict = false } = {}) {
    this.strict = strict;
  }

  /** A client was told that this version is there. */
  acknowledge(name: string, version: number): void {
    this.#acknowledged.add(`${name}@${version}`);
    this.#judge(name, version, "was acknowledged");
  }

  versions(): { readonly name: string; readonly version: VersionRecord }[] {
    return [...this.#records].flatMap(([name, record]) =>
      [...record.versions.values()].map((version) => ({ name, version })),
    );
  }

  /** The registry's own store, or with a name one of its archives, as clients are to see it. */
  watch(store: Store, archive?: string): Store {
    if (archive === undefined) this.#main = store;
    const named = (key: string) => (archive === undefined ? key : archivedKey(archive, key));
    return {
      name: store.name,
      supports: { ...store.supports, lateKey: false },
      head: (key, options) => store.head(key, options),
      get: (key, options) => store.get(key, options),
      list: (prefix, options) => store.list(prefix, options),
      put: async (key, body, options) => {
        const known = this.#there.has(named(key as string));
        this.#there.add(named(key as string));
        try {
          const info = await store.put(key, body, options);
          const number = logNumber(info.key);
          if (number !== undefined) await this.#follow(store, segmentToName(info.key.split("/")[1]!)!, number);
          return info;
        } catch (error) {
          if (!known) this.#there.delete(named(key as string));
          throw error;
        }
      },
      delete: async (key, options) => {
        await store.delete(key, options);
        this.#there.delete(named(key));
        if (!/^(?:blobs|models)\//u.test(key)) return;
        this.deletions++;
        for (const [name, version] of this.#placed.get(named(key))?.values() ?? []) {
          // Whoever deletes may have read an entry whose writer has not been told yet.
          if (this.#lost(name, version) !== undefined) await this.#follow(this.#main!, name);
          this.#judge(name, version, `lost ${named(key)}`);
        }
      },
    };
  }

  /** Takes the entries of a log in their order, each once, up to a number or as far as they go. */
  #follow(store: Store, model: string, last = Infinity): Promise<void> {
    this.#turn = this.#takeAfter(this.#turn, store, model, last);
    return this.#turn;
  }

  async #takeAfter(before: Promise<void>, store: Store, model: string, last: number): Promise<void> {
    await before;
    for (let next = this.#record(model).length + 1; next <= last; next++) {
      const key = logKey(model, next);
      const object = await store.get(key);
      if (object === undefined) return;
      this.#take(readEntry(await collect(object.stream()), key, object.info.modified));
    }
  }

  #take(entry: Entry): void {
    const { model } = entry.body;
    const before = this.#record(model);
    const after = fold(before, [entry]);
    this.#records.set(model, after);
    this.entries++;
    for (const [number, version] of after.versions)
      if (version !== before.versions.get(number)) {
        this.#place(model, number, version);
        this.#judge(model, number, `entry ${entry.body.number} was written`);
      }
  }

  #record(model: string): ModelRecord {
    return this.#records.get(model) ?? emptyRecord(model);
  }

  #place(name: string, number: number, { placement }: VersionRecord): void {
    for (const key of [...placement.values()].flat()) {
      const versions = this.#placed.get(key) ?? new Map();
      this.#placed.set(key, versions.set(`${name}@${number}`, [name, number]));
    }
  }

  #judge(name: string, number: number, when: string): void {
    const lost = this.#lost(name, number);
    if (lost !== undefined) this.fault ??= `${name}@${number} has lost ${lost} (${when})`;
  }

  /** What a version that must be whole has lost. */
  #lost(name: string, number: number): Digest | undefined {
    const version = this.#records.get(name)?.versions.get(number);
    if (version === undefined || version.status === "deleted") return undefined;
    if (!this.strict && !this.#acknowledged.has(`${name}@${number}`)) return undefined;
    const digests: readonly Digest[] = [version.manifest, ...version.payloads.map(({ digest }) => digest)];
    return digests.find((digest) => !(version.placement.get(digest) ?? []).some((key) => this.#there.has(key)));
  }
}
