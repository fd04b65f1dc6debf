import { isModelkeepError, ModelkeepError, type Store } from "@modelkeep/core";

import { BatchWriter } from "./batch-writer.js";
import type { Added, LogEntry } from "./log-entry.js";
import { monotonicUlids, ulidTime } from "./monotonic-ulid.js";
import type { PredictionLogOptions } from "./prediction-log-options.js";

interface Pending extends Added {
  readonly id: string;
  readonly entry: LogEntry;
  /** Somebody waits until it is in the store. */
  waiter?: Waiter | undefined;
}

interface Waiter {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

const hour = 3_600_000;
/** Of inputs and outputs in one batch: as JSON it is a few times as much. */
const batchBytes = 8 * 1024 * 1024;

/**
 * Writes predictions to a store, in batches of immutable objects, many models and servers through one log. In memory is
 * never more than the backlog; disposing of it writes what is left.
 */
export class PredictionLog {
  readonly #writer: BatchWriter;
  readonly #records: number;
  readonly #seconds: number;
  readonly #backlog: { readonly records: number; readonly bytes: number; readonly refuses: boolean };
  readonly #drainSeconds: number;
  readonly #nextId: () => string;
  readonly durable: "batch" | "each";

  #pending: Pending[] = [];
  /** Places that predictions hold that are not answered yet. */
  #held = 0;
  #writing: Pending[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #flushing = false;
  #waiting: (() => void)[] = [];
  #closed = false;

  constructor(store: Store, options: PredictionLogOptions = {}) {
    const { batch = {}, backlog = {}, onTrouble = warn, now = Date.now } = options;
    this.#records = positive(batch.records ?? 1_000, "batch.records");
    this.#seconds = positive(batch.seconds ?? 2, "batch.seconds");
    this.#backlog = {
      records: positive(backlog.records ?? 20_000, "backlog.records"),
      bytes: positive(backlog.bytes ?? 64 * 1024 * 1024, "backlog.bytes"),
      refuses: backlog.beyond === "refuse",
    };
    this.#drainSeconds = positive(options.drainSeconds ?? 30, "drainSeconds");
    this.durable = options.durable ?? "batch";
    this.#nextId = monotonicUlids(now);
    this.#writer = new BatchWriter(store, onTrouble);
  }

  /** Records in memory that are not in the store yet. */
  get pending(): number {
    return this.#pending.length + this.#writing.length;
  }

  /** A place for one record, taken before the prediction is made. Nothing to wait for in the usual case. */
  hold(): Promise<void> | undefined {
    if (this.#closed) throw new TypeError("The log of predictions has been disposed of");
    if (!this.#full()) {
      this.#held++;
      return undefined;
    }
    if (this.#backlog.refuses) throw full(this.pending);
    return this.#room();
  }

  /** Gives a place back: there is nothing to record. */
  release(): void {
    this.#held--;
    this.#wake();
  }

  /** Puts an entry into a place that is held. */
  put(entry: LogEntry): Added {
    const each: Pending = { id: this.#nextId(), entry, waiter: undefined };
    this.#held--;
    this.#bytes += entry.bytes;
    this.#pending.push(each);
    if (this.durable === "each") each.waiter = waiter();
    if (each.waiter !== undefined || this.#pending.length >= this.#records) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flush(), this.#seconds * 1000);
    return each;
  }

  /** Resolves when everything that has been added until now is in the store. */
  async written(): Promise<void> {
    const all = [...this.#writing, ...this.#pending].map((each) => (each.waiter ??= waiter()).promise);
    if (all.length === 0) return;
    this.#flush();
    await Promise.all(all);
  }

  /** Writes everything that is left, and takes nothing more. What the store does not take in time is an error that counts it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    if (this.pending === 0) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<"late">((resolve) => {
      timer = setTimeout(() => resolve("late"), this.#drainSeconds * 1000);
    });
    const outcome = await Promise.race([this.written(), late]);
    clearTimeout(timer);
    if (outcome !== "late") return;
    const cause = this.#writer.stop();
    throw new ModelkeepError(
      "io_error",
      `${this.pending} predictions are not recorded: the store did not take them within ${this.#drainSeconds} s`,
      { cause, details: { records: this.pending } },
    );
  }

  #full(): boolean {
    return this.pending + this.#held >= this.#backlog.records || this.#bytes >= this.#backlog.bytes;
  }

  async #room(): Promise<void> {
    this.#flush();
    while (this.#full()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
      if (this.#closed) throw new TypeError("The log of predictions has been disposed of");
    }
    this.#held++;
  }

  #wake(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#flushing) return;
    this.#flushing = true;
    void this.#writeAll().finally(() => {
      this.#flushing = false;
      // What came while the last batch was written waits for its own time.
      if (this.#pending.length > 0) this.#timer ??= setTimeout(() => this.#flush(), this.#seconds * 1000);
    });
  }

  /** One batch after the other, until nothing is due. */
  async #writeAll(): Promise<void> {
    // Whatever is added in this turn of the event loop goes along.
    await new Promise((resolve) => setImmediate(resolve));
    do {
      this.#writing = this.#pending;
      this.#pending = [];
      for (const batch of batches(this.#writing, this.#records)) {
        await this.#writer.write(batch[0]!.entry.model, batch);
        this.#done(batch);
      }
    } while (this.#pending.length >= this.#records || this.#pending.some((each) => each.waiter !== undefined));
  }

  #done(batch: readonly Pending[]): void {
    const written = new Set(batch);
    this.#writing = this.#writing.filter((each) => !written.has(each));
    for (const { entry, waiter } of batch) {
      this.#bytes -= entry.bytes;
      waiter?.resolve();
    }
    this.#wake();
  }
}

/** A log of predictions on a store, usually that of the registry: `predictionLog(registry.store)`. */
export function predictionLog(store: Store, options?: PredictionLogOptions): PredictionLog {
  return new PredictionLog(store, options);
}

/** Of one model and one hour each, at most `most` records; in the order of ids within each. */
function* batches(pending: readonly Pending[], most: number): Iterable<readonly Pending[]> {
  const groups = new Map<string, Pending[]>();
  for (const each of pending) {
    const group = `${Math.floor(ulidTime(each.id) / hour)} ${each.entry.model}`;
    const found = groups.get(group);
    if (found === undefined) groups.set(group, [each]);
    else found.push(each);
  }
  for (const group of groups.values()) {
    let batch: Pending[] = [];
    let bytes = 0;
    for (const each of group) {
      if (batch.length === most || (batch.length > 0 && bytes + each.entry.bytes > batchBytes)) {
        yield batch;
        batch = [];
        bytes = 0;
      }
      batch.push(each);
      bytes += each.entry.bytes;
    }
    yield batch;
  }
}

function waiter(): Waiter {
  let resolve!: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}

function full(pending: number): ModelkeepError {
  return new ModelkeepError(
    "backlog_full",
    `${pending} predictions wait to be recorded, and the store does not keep up: try again later`,
    { details: { pending } },
  );
}

function positive(value: number, what: string): number {
  if (!(value > 0)) throw new TypeError(`${what} is a number above 0, not ${value}`);
  return value;
}

function warn(error: Error): void {
  const code = isModelkeepError(error) ? ` (${error.code})` : "";
  process.emitWarning(`Predictions can't be recorded for now${code}: ${error.message}`, "ModelkeepWarning");
}
