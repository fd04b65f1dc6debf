import { dtypeKind, isModelkeepError, reader, type Tensor, type TensorMap, checkInputs } from "@modelkeep/core";
import type { LoadedModel, LoadOptions, Registry } from "@modelkeep/registry";

import type { FindOptions } from "./find-predictions.js";
import { predictionsOf } from "./predictions.js";
import { Quantiles } from "./quantiles.js";
import { tensorDifference } from "./tensor-difference.js";

/** Which predictions are made again, and by what. */
export interface AgainstOptions
  extends Pick<FindOptions, "version" | "caller" | "from" | "to" | "signal">, Omit<LoadOptions, "signal"> {
  /** At most so many predictions, the oldest first. */
  readonly limit?: number | undefined;
  /** How many changed labels are shown. Default 10. */
  readonly examples?: number | undefined;
  readonly progress?: ((progress: { readonly done: number }) => void) | undefined;
}

/** A label that the candidate would have given another way. */
export interface ChangedLabel {
  readonly id: string;
  readonly time: string;
  readonly output: string;
  readonly row: number;
  readonly before: string;
  readonly after: string;
}

/** |a - b| of every element of an output of floats. */
export interface NumericChange {
  readonly elements: number;
  readonly mean: number;
  readonly max: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
}

/** What would have changed, had another version answered. */
export interface AgainstReport {
  readonly candidate: string;
  /** Predictions of the period. */
  readonly predictions: number;
  /** Those that could be made by the candidate. */
  readonly compared: number;
  /** Every bit is the same. */
  readonly identical: number;
  /** Those of which a label would have been another one. */
  readonly changed: number;
  readonly labels: number;
  readonly examples: readonly ChangedLabel[];
  /** By output. */
  readonly numbers: Readonly<Record<string, NumericChange>>;
  /** Without inputs on record, or with some left out. */
  readonly withoutInputs: number;
  /** Those that failed then: there is nothing to compare with. */
  readonly failedThen: number;
  /** Inputs that the candidate does not take, or fails at. */
  readonly failed: number;
  readonly firstFailure?: { readonly id: string; readonly message: string } | undefined;
}

/** Lets a version answer what was asked in a period, and says what would have changed. */
export async function replayAgainst(
  registry: Registry,
  model: string,
  candidate: string,
  options: AgainstOptions = {},
): Promise<AgainstReport> {
  const { version, caller, from, to, signal, limit = Infinity, examples = 10, progress, ...load } = options;
  await using other = await registry.load(candidate, { compatibility: "ignore", ...load, signal });
  const tally = new Tally(other, examples);
  let done = 0;
  for await (const record of predictionsOf(registry).find(model, { version, caller, from, to, signal })) {
    if (done >= limit) break;
    done++;
    if (record.outputs === undefined) tally.failedThen++;
    else if (record.inputs === undefined || record.redacted !== undefined) tally.withoutInputs++;
    else await tally.add({ id: record.id, time: record.time, inputs: record.inputs, outputs: record.outputs });
    progress?.({ done });
  }
  return tally.report(done);
}

interface Compared {
  readonly id: string;
  readonly time: string;
  readonly inputs: TensorMap;
  readonly outputs: TensorMap;
}

class Tally {
  readonly #model: LoadedModel;
  readonly #most: number;
  readonly #examples: ChangedLabel[] = [];
  readonly #numbers = new Map<string, Quantiles>();
  #compared = 0;
  #identical = 0;
  #changed = 0;
  #labels = 0;
  #failed = 0;
  #firstFailure: AgainstReport["firstFailure"];
  withoutInputs = 0;
  failedThen = 0;

  constructor(model: LoadedModel, most: number) {
    this.#model = model;
    this.#most = most;
  }

  async add(record: Compared): Promise<void> {
    let found: TensorMap;
    try {
      checkInputs(this.#model.signature, record.inputs);
      found = await this.#model.predictTensors(record.inputs);
    } catch (error) {
      if (!isModelkeepError(error) || error.code === "aborted") throw error;
      this.#failed++;
      this.#firstFailure ??= { id: record.id, message: error.message };
      return;
    }
    this.#compared++;
    const { identical, labels } = tensorDifference(found, record.outputs);
    if (identical) this.#identical++;
    if (labels > 0) this.#changed++;
    this.#labels += labels;
    for (const [name, tensor] of record.outputs) {
      const other = found.get(name);
      if (other !== undefined && comparable(tensor, other)) this.#element(record, name, tensor, other);
    }
  }

  report(predictions: number): AgainstReport {
    return {
      candidate: this.#model.reference,
      predictions,
      compared: this.#compared,
      identical: this.#identical,
      changed: this.#changed,
      labels: this.#labels,
      examples: this.#examples,
      numbers: Object.fromEntries([...this.#numbers].map(([name, values]) => [name, values.summary()])),
      withoutInputs: this.withoutInputs,
      failedThen: this.failedThen,
      failed: this.#failed,
      ...(this.#firstFailure && { firstFailure: this.#firstFailure }),
    };
  }

  #element({ id, time }: Compared, output: string, before: Tensor, after: Tensor): void {
    const [left, right] = [reader(before.dtype, before.data), reader(after.dtype, after.data)];
    const width = before.size / Math.max(1, before.shape[0] ?? 1);
    if (dtypeKind(before.dtype) === "float") {
      const values = this.#numbers.get(output) ?? new Quantiles();
      this.#numbers.set(output, values);
      for (let at = 0; at < before.size; at++) values.add(distance(left(at) as number, right(at) as number));
      return;
    }
    for (let at = 0; at < before.size && this.#examples.length < this.#most; at++) {
      const [was, is] = [left(at), right(at)];
      if (was !== is)
        this.#examples.push({ id, time, output, row: Math.floor(at / width), before: String(was), after: String(is) });
    }
  }
}

function comparable(a: Tensor, b: Tensor): boolean {
  return a.dtype === b.dtype && a.shape.join() === b.shape.join() && dtypeKind(a.dtype) !== "complex";
}

/** Equal values, NaN and infinities included, are 0 apart; a number and a NaN endlessly. */
function distance(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  const difference = Math.abs(a - b);
  return Number.isNaN(difference) ? Infinity : difference;
}
