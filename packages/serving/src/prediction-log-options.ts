/** How predictions are batched, and what happens when the store does not keep up. */
export interface PredictionLogOptions {
  /** How much is written at once: what is young enough, or too little, waits. A crash loses at most what waits. */
  readonly batch?: {
    /** Default 1,000. */
    readonly records?: number | undefined;
    /** Default 2. */
    readonly seconds?: number | undefined;
  };
  /** "each": a prediction is answered only when its record is in the store, so a crash loses none that was answered. Default "batch". */
  readonly durable?: "batch" | "each" | undefined;
  /** How much may wait while the store is slow or fails. */
  readonly backlog?: {
    /** Default 20,000. */
    readonly records?: number | undefined;
    /** Of inputs and outputs. Default 64 MiB. */
    readonly bytes?: number | undefined;
    /** Beyond it: "block" (default) lets predictions wait, "refuse" makes them fail with `backlog_full`. None is ever dropped. */
    readonly beyond?: "block" | "refuse" | undefined;
  };
  /** How long a clean stop tries to write what is left. Default 30. */
  readonly drainSeconds?: number | undefined;
  /** Told when the store fails; writing is tried again until it works. Default: a warning of the process. */
  readonly onTrouble?: ((error: Error) => void) | undefined;
  /** For tests: ids are dated by it. */
  readonly now?: (() => number) | undefined;
}
