import type { PredictionRecord } from "./record.js";

/** What is to be written of one prediction. The log keeps what it is given: it must not change any more. */
export type NewRecord = Omit<PredictionRecord, "id" | "time">;

/** Something that becomes a record when it is written. */
export interface LogEntry {
  readonly model: string;
  /** What it keeps in memory. */
  readonly bytes: number;
  record(): NewRecord;
}

/** What became of an entry: its id, and with `durable: "each"` when it is in the store. */
export interface Added {
  readonly id: string;
  readonly waiter?: { readonly promise: Promise<void> } | undefined;
}
