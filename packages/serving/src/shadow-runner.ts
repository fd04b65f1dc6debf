import { type About, Answer } from "./answer.js";
import type { KeptTensors, TensorCopier } from "./kept-tensors.js";
import type { PredictionLog } from "./prediction-log.js";
import type { ServedVersion } from "./served-version.js";

/** What was answered: a shadow predicts the same. */
interface Answered {
  readonly id: string;
  readonly inputs: KeptTensors;
  readonly outputs: KeptTensors;
  readonly about: About;
}

/** Lets shadows predict what has been answered already, one prediction at a time and behind everything else. */
export class ShadowRunner {
  readonly #log: PredictionLog;
  readonly #copier: TensorCopier;
  readonly #backlog: number;
  readonly #waiting: { readonly served: ServedVersion; readonly answered: Answered }[] = [];
  #running: Promise<void> | undefined;
  #skipped = 0;

  constructor(log: PredictionLog, copier: TensorCopier, backlog: number) {
    this.#log = log;
    this.#copier = copier;
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

  async #predict(served: ServedVersion, { id, inputs, outputs, about }: Answered): Promise<void> {
    try {
      await this.#log.hold();
    } catch {
      // The log refuses what it has no room for: requests come first.
      this.#skipped++;
      return;
    }
    const start = performance.now();
    let found: KeptTensors | undefined;
    let error: unknown;
    try {
      found = this.#copier.copy(await served.model.predictTensors(inputs.tensors()));
    } catch (thrown) {
      error = thrown;
    }
    const latency = performance.now() - start;
    this.#log.put(new Answer({ served, about, latency, outputs: found, error, shadowed: { id, outputs } }));
  }
}
