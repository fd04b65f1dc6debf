import { collect, type Digest, isDigest, isJsonObject, isModelkeepError, parseJson, type Store } from "@modelkeep/core";

import { ulid } from "../ulid.js";
import type { LogEnd } from "./survey.js";

export const backupsPrefix = "backups/";

const format = "modelkeep.backup/1";
const encoder = new TextEncoder();
/** So many records are read at most before one that lists every model is written again. */
const longestChain = 32;
const recordLimit = 256 << 20;

/** Where a model's log ended at the source when it was last looked at, and the digest of its last entry. */
export interface KnownEnd extends Pick<LogEnd, "length" | "size" | "modified"> {
  readonly head: Digest;
}

/** One run, as it is kept in the backup. */
export interface BackupRun {
  readonly started: string;
  readonly ended: string;
  /** Whether every model was looked at to the end. */
  readonly complete: boolean;
  readonly models: number;
  readonly entries: number;
  readonly objects: number;
  readonly bytes: number;
}

/**
 * What earlier runs left behind: each one an object of its own, never changed. A record lists the models that the run found
 * changed, now and then all of them. They save a later run from asking each model; when they are lost, it asks.
 */
export class BackupRecords {
  readonly #store: Store;
  readonly ends = new Map<string, KnownEnd>();
  readonly #changed = new Map<string, KnownEnd>();
  /** The newest run that was read. */
  last: BackupRun | undefined;
  #chain = 0;
  #chainBytes = 0;
  #wholeBytes = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  async load(signal?: AbortSignal): Promise<void> {
    const keys: string[] = [];
    for await (const { key } of this.#store.list(backupsPrefix, { signal })) keys.push(key);
    for (const key of keys.reverse()) {
      const object = await this.#store.get(key, { signal });
      if (object === undefined || object.info.size > recordLimit) continue;
      const record = parseRecord(await collect(object.stream({ signal })));
      if (record === undefined) continue;
      this.last ??= record.run;
      for (const [name, end] of record.ends) if (!this.ends.has(name)) this.ends.set(name, end);
      if (record.whole) {
        this.#wholeBytes = object.info.size;
        return;
      }
      this.#chain++;
      this.#chainBytes += object.info.size;
    }
  }

  keep(name: string, end: KnownEnd): void {
    this.ends.set(name, end);
    this.#changed.set(name, end);
  }

  /** Writes what `keep` was told since the last time. */
  async save(run: BackupRun, time: Date): Promise<void> {
    const whole = this.#wholeBytes === 0 || this.#chain >= longestChain || this.#chainBytes > this.#wholeBytes;
    const models = Object.fromEntries(
      [...(whole ? this.ends : this.#changed)].map(([name, { length, head, size, modified }]) => [
        name,
        [length, head, size, modified],
      ]),
    );
    const bytes = encoder.encode(`${JSON.stringify({ format, ...run, whole, ends: models })}\n`);
    await this.#store.put(`${backupsPrefix}${ulid(time)}.json`, bytes, { if: "absent", size: bytes.length });
    this.#changed.clear();
    if (whole) [this.#chain, this.#chainBytes, this.#wholeBytes] = [0, 0, bytes.length];
    else {
      this.#chain++;
      this.#chainBytes += bytes.length;
    }
  }
}

interface ParsedRecord {
  readonly run: BackupRun;
  readonly whole: boolean;
  readonly ends: readonly (readonly [string, KnownEnd])[];
}

/** A record that can't be read is as good as lost. */
function parseRecord(bytes: Uint8Array): ParsedRecord | undefined {
  let value;
  try {
    value = parseJson(bytes, { what: "backup record" });
  } catch (error) {
    if (!isModelkeepError(error)) throw error;
    return undefined;
  }
  if (!isJsonObject(value) || value["format"] !== format || !isJsonObject(value["ends"])) return undefined;
  const { format: _, whole, ends, ...run } = value;
  return {
    run: run as unknown as BackupRun,
    whole: whole === true,
    ends: Object.entries(ends).flatMap(([name, line]) => {
      if (!Array.isArray(line)) return [];
      const [length, head, size, modified] = line;
      const numbers = [length, size, modified].every((each) => typeof each === "number");
      return numbers && isDigest(head) ? [[name, { length, head, size, modified } as KnownEnd] as const] : [];
    }),
  };
}
