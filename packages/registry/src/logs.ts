import { checkName, type Store } from "@modelkeep/core";

import { logKey } from "./keys.js";
import { readRecord } from "./log.js";
import type { Pins } from "./pins.js";
import { emptyRecord, type ModelRecord } from "./record.js";

const kept = 16_384;

/** The records of models as they were last seen. Each use asks the store only for what came after. */
export class Logs {
  readonly #store: Store;
  /** How far histories were seen by this client and its earlier runs. */
  readonly pins: Pins | undefined;
  readonly #records = new Map<string, ModelRecord>();

  constructor(store: Store, pins?: Pins) {
    this.#store = store;
    this.pins = pins;
  }

  /** The record as it stands when asked: every change that was acknowledged before is in it. Empty for an unknown name. */
  async current(model: string, signal?: AbortSignal): Promise<ModelRecord> {
    checkName(model);
    const known = this.#records.get(model);
    const { pins } = this;
    return this.keep(await readRecord({ store: this.#store }, model, known ?? emptyRecord(model), signal, { pins }));
  }

  /** The same, remembered only if it was known before: for whoever looks at many models once. */
  async glimpse(model: string): Promise<ModelRecord> {
    if (this.#records.has(model)) return this.current(model);
    return readRecord({ store: this.#store }, model, undefined, undefined, { pins: this.pins });
  }

  /** What is known without asking; possibly out of date. */
  known(model: string): ModelRecord | undefined {
    return this.#records.get(model);
  }

  /** Remembers a record unless a newer one is known. */
  keep(record: ModelRecord): ModelRecord {
    const known = this.#records.get(record.name);
    if (known !== undefined && known.length >= record.length) return known;
    if (record.length === 0 || record.head === null) return record;
    this.pins?.advance(record.name, { length: record.length, head: record.head });
    this.#records.delete(record.name);
    this.#records.set(record.name, record);
    if (this.#records.size > kept) this.#records.delete(this.#records.keys().next().value!);
    return record;
  }

  /** Whether the log has not grown since the record was read: one request. */
  async isCurrent(record: Pick<ModelRecord, "name" | "length">): Promise<boolean> {
    return (await this.#store.head(logKey(record.name, record.length + 1))) === undefined;
  }
}
