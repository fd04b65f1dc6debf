import { type Inputs, isModelkeepError, type TensorMap } from "@modelkeep/core";
import { Prediction, type Registry } from "@modelkeep/registry";

import { Answer } from "./answer.js";
import { TensorCopier } from "./kept-tensors.js";
import { openState } from "./open-state.js";
import type { PredictionLog } from "./prediction-log.js";
import type { Live, RequestOptions, ServeOptions } from "./serve-options.js";
import { choose, sameStanding, type ServedState } from "./served-state.js";
import type { ServedVersion } from "./served-version.js";
import { ShadowRunner } from "./shadow-runner.js";

/** An answer, with what it is called on the record. */
export class ServedPrediction extends Prediction {
  /** Of its record; `undefined` where nothing is recorded. */
  readonly id: string | undefined;
  /** The version that answered: `credit-scorer@3`. */
  readonly reference: string;

  constructor(outputs: Prediction["tensors"], reference: string, id: string | undefined) {
    super(outputs);
    this.reference = reference;
    this.id = id;
  }
}

/** Answers with the version that a reference stands for, and follows it when it moves. */
export class ServedModel {
  readonly reference: string;
  readonly #registry: Registry;
  readonly #options: ServeOptions;
  readonly #log: PredictionLog | undefined;
  readonly #copier = new TensorCopier();
  readonly #withoutKey: "random" | "primary";
  readonly #shadows: ShadowRunner | undefined;
  readonly #retiring = new Set<Promise<void>>();
  #state: ServedState;
  #timer: NodeJS.Timeout | undefined;
  #refreshing: Promise<boolean> | undefined;
  #trouble: Error | undefined;
  /** Predictions that are not answered yet. */
  #asked = 0;
  #answered: (() => void) | undefined;
  #disposed = false;

  private constructor(registry: Registry, reference: string, options: ServeOptions, state: ServedState) {
    this.reference = reference;
    this.#registry = registry;
    this.#options = options;
    this.#state = state;
    this.#log = options.log;
    this.#withoutKey = options.withoutKey ?? "random";
    this.#shadows = options.log && new ShadowRunner(options.log, this.#copier, options.shadowBacklog ?? 1_000);
    this.#schedule();
  }

  static async start(registry: Registry, reference: string, options: ServeOptions): Promise<ServedModel> {
    const standing = await registry.standing(reference);
    return new ServedModel(
      registry,
      reference,
      options,
      await openState(registry, reference, standing, options, (error) => reportTo(options, reference, error)),
    );
  }

  get live(): Live {
    const { primary, standing } = this.#state;
    return {
      reference: standing.version.reference,
      digest: primary.digest,
      signature: primary.model.signature,
      runtime: primary.model.runtime,
      route: standing.route,
      trouble: this.#trouble,
      shadowsSkipped: this.#shadows?.skipped ?? 0,
    };
  }

  /** Takes records, rows or tensors, checked against the signature of the version that answers. */
  predict(inputs: Inputs, request: RequestOptions = {}): Promise<ServedPrediction> {
    const log = this.#log;
    return log === undefined ? this.#unrecorded(inputs, request) : this.#recorded(log, inputs, request);
  }

  async #unrecorded(inputs: Inputs, { key }: RequestOptions): Promise<ServedPrediction> {
    this.#enter();
    let served: ServedVersion | undefined;
    try {
      ({ served } = choose(this.#state, key, this.#withoutKey));
      served.enter();
      const outputs = await served.model.predictTensors(served.reader.read(inputs));
      return new ServedPrediction(outputs, served.reference, undefined);
    } finally {
      served?.leave();
      this.#leave();
    }
  }

  async #recorded(log: PredictionLog, inputs: Inputs, { caller, key }: RequestOptions): Promise<ServedPrediction> {
    this.#enter();
    // The place in the log is given back unless a record takes it.
    let holds = false;
    let served: ServedVersion | undefined;
    try {
      const room = log.hold();
      if (room !== undefined) await room;
      holds = true;
      const { route, shadows } = this.#state;
      const choice = choose(this.#state, key, this.#withoutKey);
      served = choice.served;
      served.enter();
      const { model, keeper } = served;
      const tensors = served.reader.read(inputs);
      const kept = keeper.keeps || shadows.length > 0 ? this.#copier.copy(tensors) : undefined;
      const about = { caller, route, bucket: choice.bucket };
      const start = performance.now();
      let outputs: TensorMap;
      try {
        outputs = await model.predictTensors(tensors);
      } catch (error) {
        holds = false;
        const failed = new Answer({ served, about, latency: performance.now() - start, inputs: kept, error });
        await log.put(failed).waiter?.promise;
        throw error;
      }
      const latency = performance.now() - start;
      const given = this.#copier.copy(outputs);
      holds = false;
      const { id, waiter } = log.put(new Answer({ served, about, latency, inputs: kept, outputs: given }));
      for (const shadow of shadows) this.#shadows!.follow(shadow, { id, inputs: kept!, outputs: given, about });
      if (waiter !== undefined) await waiter.promise;
      return new ServedPrediction(outputs, served.reference, id);
    } finally {
      if (holds) log.release();
      served?.leave();
      this.#leave();
    }
  }

  #enter(): void {
    if (this.#disposed) throw new TypeError(`${this.reference} is not served any more`);
    this.#asked++;
  }

  #leave(): void {
    this.#asked--;
    if (this.#asked === 0) this.#answered?.();
  }

  /** Looks at the registry now. True when something else is served afterwards. What fails leaves everything as it was, and is thrown. */
  refresh(): Promise<boolean> {
    if (this.#disposed) throw new TypeError(`${this.reference} is not served any more`);
    this.#refreshing ??= this.#update().finally(() => (this.#refreshing = undefined));
    return this.#refreshing;
  }

  /** Resolves when every shadow has predicted what it is to predict. */
  async shadowsIdle(): Promise<void> {
    await this.#shadows?.idle();
  }

  /** Answers what was asked already, lets the shadows finish, and lets go of the models. The log is left to who opened it. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    await this.#refreshing?.catch(() => undefined);
    if (this.#asked > 0) await new Promise<void>((resolve) => (this.#answered = resolve));
    await this.#shadows?.idle();
    await Promise.all([...this.#state.versions.values()].map((served) => served.retire()));
    await Promise.all(this.#retiring);
  }

  async #update(): Promise<boolean> {
    try {
      const standing = await this.#registry.standing(this.reference);
      const before = this.#state;
      const moved = !sameStanding(standing, before.standing);
      if (moved) {
        this.#state = await openState(
          this.#registry,
          this.reference,
          standing,
          this.#options,
          (error) => this.#report(error),
          before.versions,
        );
        for (const served of before.versions.values())
          if (this.#state.versions.get(served.version) !== served) this.#retire(served);
      }
      this.#trouble = undefined;
      if (moved) this.#options.onMove?.(this.live);
      return moved;
    } catch (error) {
      this.#trouble = error as Error;
      throw error;
    }
  }

  #retire(served: ServedVersion): void {
    const done = served.retire().catch((error: unknown) => this.#report(error as Error));
    this.#retiring.add(done);
    void done.finally(() => this.#retiring.delete(done));
  }

  #schedule(): void {
    const seconds = this.#options.refreshSeconds ?? 5;
    if (seconds <= 0 || this.#disposed) return;
    this.#timer = setTimeout(() => {
      const before = this.#trouble;
      void this.refresh()
        // The same trouble again is no news.
        .catch((error: unknown) => (error as Error).message !== before?.message && this.#report(error as Error))
        .finally(() => this.#schedule());
    }, seconds * 1000);
    this.#timer.unref();
  }

  #report(error: Error): void {
    reportTo(this.#options, `${this.reference} (now ${this.#state.standing.version.reference})`, error);
  }
}

function reportTo({ onTrouble }: ServeOptions, what: string, error: Error): void {
  if (onTrouble !== undefined) onTrouble(error);
  else {
    const code = isModelkeepError(error) ? ` (${error.code})` : "";
    process.emitWarning(`${what} does not follow the registry for now${code}: ${error.message}`, "ModelkeepWarning");
  }
}
