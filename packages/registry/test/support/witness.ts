import { collect, type Digest, type Store } from "@modelkeep/core";

import { archivedKey } from "../../src/archives.js";
import { readEntry } from "../../src/entry.js";
import { fold } from "../../src/fold.js";
import { logNumber } from "../../src/keys.js";
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
          if (logNumber(info.key) !== undefined) await this.#take(store, info.key);
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
        for (const [name, version] of this.#placed.get(named(key))?.values() ?? [])
          this.#judge(name, version, `lost ${named(key)}`);
      },
    };
  }

  async #take(store: Store, key: string): Promise<void> {
    const object = (await store.get(key))!;
    const entry = readEntry(await collect(object.stream()), key, object.info.modified);
    const { model } = entry.body;
    // Entries of one log come in their order: each stands on the one before.
    const before = this.#records.get(model) ?? emptyRecord(model);
    const after = fold(before, [entry]);
    this.#records.set(model, after);
    this.entries++;
    for (const [number, version] of after.versions)
      if (version !== before.versions.get(number)) {
        this.#place(model, number, version);
        this.#judge(model, number, `entry ${entry.body.number} was written`);
      }
  }

  #place(name: string, number: number, { placement }: VersionRecord): void {
    for (const key of [...placement.values()].flat()) {
      const versions = this.#placed.get(key) ?? new Map();
      this.#placed.set(key, versions.set(`${name}@${number}`, [name, number]));
    }
  }

  #judge(name: string, number: number, when: string): void {
    const version = this.#records.get(name)?.versions.get(number);
    if (version === undefined || version.status === "deleted" || this.fault !== undefined) return;
    if (!this.strict && !this.#acknowledged.has(`${name}@${number}`)) return;
    const digests: readonly Digest[] = [version.manifest, ...version.payloads.map(({ digest }) => digest)];
    for (const digest of digests)
      if (!(version.placement.get(digest) ?? []).some((key) => this.#there.has(key)))
        this.fault = `${name}@${number} has lost ${digest} (${when})`;
  }
}
