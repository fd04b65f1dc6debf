import type { TensorMap } from "@modelkeep/core";

import type { PredictionLog } from "./prediction-log.js";
import { bytesOf } from "./record-policy.js";
import type { RouteTaken } from "./record.js";
import type { ServedVersion } from "./served-version.js";
import { tensorDifference } from "./tensor-difference.js";

/** An answer that was given, for the shadows to be compared with. */
export interface Answered {
  readonly id: string;
  readonly inputs: TensorMap;
  readonly outputs: TensorMap;
  readonly caller: string | undefined;
  readonly taken: RouteTaken | undefined;
}

/** Lets shadows predict what has been answered already, one prediction at a time and behind everything else. */
export class ShadowRunner {
  readonly #log: PredictionLog;
  readonly #backlog: number;
  readonly #waiting: { readonly served: ServedVersion; readonly answered: Answered }[] = [];
  #running: Promise<void> | undefined;
  #skipped = 0;

  constructor(log: PredictionLog, backlog: number) {
    this.#log = log;
    this.#backlog = backlog;
  }

  /** Predictions that shadows did not make because they were too far behind. */
  get skipped(): number {
    return this.#skipped;
  }

  follow(served: ServedVersion, answered: Answered): void {
    if (this.#waiting.length >= this.#backlog) {
      this.#skipped++;
      return;
    }
    served.enter();
    this.#waiting.push({ served, answered });
    this.#running ??= this.#run().finally(() => (this.#running = undefined));
  }

  /** Resolves when no shadow has anything left to do. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      // The answers that are on their way go first.
      await new Promise((resolve) => setImmediate(resolve));
      const next = this.#waiting.shift();
      if (next === undefined) return;
      await this.#predict(next.served, next.answered);
      next.served.leave();
    }
  }

  async #predict(served: ServedVersion, { id, inputs, outputs, caller, taken }: Answered): Promise<void> {
    try {
      await this.#log.hold();
    } catch {
      // The log refuses what it has no room for: requests come first.
      this.#skipped++;
      return;
    }
    const start = performance.now();
    try {
      const found = await served.model.predictTensors(inputs);
      const latency = performance.now() - start;
      this.#log.add(served.facts.model, bytesOf(found), () => ({
        ...served.facts,
        caller,
        latency,
        ...(taken && { route: taken }),
        outputs: found,
        shadow: { of: id, ...tensorDifference(found, outputs) },
      }));
    } catch (error) {
      const latency = performance.now() - start;
      const { code = "failed", message } = error as { code?: string; message: string };
      this.#log.add(served.facts.model, 0, () => ({
        ...served.facts,
        caller,
        latency,
        ...(taken && { route: taken }),
        error: { code, message },
        shadow: { of: id, identical: false, labels: 0, difference: 0 },
      }));
    }
  }
}
