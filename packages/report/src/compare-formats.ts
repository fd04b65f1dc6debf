import { type CodecFacts, type Predictor, Tensor, type TensorMap, throwIfAborted } from "@modelkeep/core";

import type { FormatCase, SavedFile } from "./format-case.js";
import { worstDifference } from "./worst-difference.js";

/** What was measured of one format. Times are medians in milliseconds. */
export interface FormatResult {
  readonly label: string;
  readonly facts?: CodecFacts;
  /** Bytes of all files. */
  readonly size: number;
  /** Absent for files that were made elsewhere. */
  readonly saveMs?: number;
  /** From bytes in memory to a predictor. */
  readonly loadMs: number;
  /** One row, the first time. */
  readonly firstPredictionMs: number;
  /** All rows at once, again and again. */
  readonly predictionsPerSecond: number;
  /** Share of rows whose label is the true one; only with `truth`. */
  readonly accuracy?: number;
  /** Every output equals the expected one to the last bit. */
  readonly identical: boolean;
  /** The largest |a - b| / max(1, |b|) of any float; 1 for a label that differs. */
  readonly worst: number;
}

/** The rows that every format predicts, and how often. */
export interface CompareFormatsOptions {
  readonly inputs: TensorMap;
  /** What the model predicted before it was saved. */
  readonly expected: TensorMap;
  /** True labels of the rows. */
  readonly truth?: ArrayLike<number | bigint | string>;
  /** How often each is timed. Default 5. */
  readonly rounds?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Saves, loads and runs a model in each format, round-robin, so that a machine that gets slower does so for all of them. */
export async function compareFormats(
  cases: readonly FormatCase[],
  options: CompareFormatsOptions,
): Promise<FormatResult[]> {
  const { rounds = 5 } = options;
  const times = cases.map(() => ({
    save: [] as number[],
    load: [] as number[],
    first: [] as number[],
    perSecond: [] as number[],
  }));
  const results: FormatResult[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const [index, each] of cases.entries()) {
      throwIfAborted(options.signal);
      const { files, predictor } = await timeRound(each, options, times[index]!);
      if (round === rounds - 1) results.push(await judge(each, files, predictor, options, times[index]!));
      await predictor[Symbol.asyncDispose]();
    }
  }
  return results;
}

interface Times {
  readonly save: number[];
  readonly load: number[];
  readonly first: number[];
  readonly perSecond: number[];
}

async function timeRound(
  each: FormatCase,
  options: CompareFormatsOptions,
  times: Times,
): Promise<{ files: readonly SavedFile[]; predictor: Predictor }> {
  const files = await timed(times.save, () => each.save());
  const predictor = await timed(times.load, () => each.load(files));
  await timed(times.first, () => predictor.predict(firstRow(options.inputs)));
  times.perSecond.push(await throughput(predictor, options.inputs));
  return { files, predictor };
}

async function judge(
  each: FormatCase,
  files: readonly SavedFile[],
  predictor: Predictor,
  options: CompareFormatsOptions,
  times: Times,
): Promise<FormatResult> {
  const outputs = await predictor.predict(options.inputs);
  const worst = worstDifference(outputs, options.expected);
  return {
    label: each.label,
    ...(each.facts === undefined ? {} : { facts: each.facts }),
    size: files.reduce((sum, { bytes }) => sum + bytes.length, 0),
    ...(each.given === true ? {} : { saveMs: median(times.save) }),
    loadMs: median(times.load),
    firstPredictionMs: median(times.first),
    predictionsPerSecond: median(times.perSecond),
    ...(options.truth === undefined ? {} : { accuracy: accuracy(outputs, options.truth) }),
    identical: worst === 0,
    worst,
  };
}

async function timed<T>(into: number[], run: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await run();
  into.push(performance.now() - start);
  return result;
}

/** Rows a second over some twentieth of a second. */
async function throughput(predictor: Predictor, inputs: TensorMap): Promise<number> {
  const rows = inputs.values().next().value?.shape[0] ?? 0;
  const start = performance.now();
  let done = 0;
  do {
    await predictor.predict(inputs);
    done += rows;
  } while (performance.now() - start < 50);
  return (done * 1000) / (performance.now() - start);
}

function firstRow(inputs: TensorMap): TensorMap {
  const row = (tensor: Tensor) => {
    const size = tensor.size / (tensor.shape[0] ?? 1);
    return new Tensor(tensor.dtype, [1, ...tensor.shape.slice(1)], tensor.data.slice(0, size));
  };
  return new Map([...inputs].map(([name, tensor]) => [name, row(tensor)]));
}

function accuracy(outputs: TensorMap, truth: ArrayLike<number | bigint | string>): number {
  const labels = outputs.get("label")?.data ?? [];
  let right = 0;
  for (let row = 0; row < truth.length; row++) if (String(labels[row]) === String(truth[row])) right++;
  return right / truth.length;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
