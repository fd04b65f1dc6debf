import type { PayloadSource } from "./codec.js";
import { type Comparison, compareTensors } from "./compare-tensors.js";
import type { Envelope } from "./envelope.js";
import { ModelkeepError } from "./errors.js";
import type { Predictor } from "./flavor.js";
import { checkInputs } from "./check-inputs.js";
import type { SamplesEntry } from "./manifest.js";
import { memorySource } from "./memory-payload.js";
import type { TensorMap } from "./signature.js";
import { tensorJsonMediaType, tensorsFromJson, tensorsToJson } from "./tensor-json.js";

/** Which inputs to keep, and where the outputs come from: given, or computed by a predictor. */
export interface RecordSamplesOptions {
  readonly inputs: TensorMap;
  /** What the model must give; computed by the predictor when absent. */
  readonly outputs?: TensorMap;
  readonly predictor?: Predictor;
  /** How far floats may be off later. Default 0: the same runtime gives the same bits. */
  readonly bound?: number;
  /** Who makes the outputs, when a predictor does. */
  readonly recordedBy?: SamplesEntry["recordedBy"];
}

/** Samples as files for the envelope, and what its manifest says of them. */
export interface RecordedSamples {
  readonly sources: readonly PayloadSource[];
  /** For the manifest's `samples`. */
  readonly entry: SamplesEntry;
}

/** Inputs with the outputs they give, as payloads of an envelope. Outputs that are given may be checked by a predictor too. */
export async function recordSamples(options: RecordSamplesOptions): Promise<RecordedSamples> {
  const { inputs, predictor, bound = 0 } = options;
  if (!(bound >= 0) || !Number.isFinite(bound)) throw new TypeError(`A bound is a number from 0 on, not ${bound}`);
  if (predictor !== undefined) checkInputs(predictor.signature, inputs);
  const computed = await predictor?.predict(inputs);
  const outputs = options.outputs ?? computed;
  if (outputs === undefined || outputs.size === 0)
    throw new TypeError("Samples need outputs, or a predictor that makes them");
  if (options.outputs !== undefined && computed !== undefined) {
    const comparison = compareTensors(computed, options.outputs, bound);
    if (!comparison.agrees) throw samplesDiffer("The given outputs are not what the model gives", comparison);
  }
  const recordedBy = predictor === undefined ? undefined : options.recordedBy;
  return {
    sources: [
      memorySource("samples/inputs.json", tensorsToJson(inputs), { mediaType: tensorJsonMediaType, role: "samples" }),
      memorySource("samples/outputs.json", tensorsToJson(outputs), { mediaType: tensorJsonMediaType, role: "samples" }),
    ],
    entry: {
      inputs: "samples/inputs.json",
      outputs: "samples/outputs.json",
      rows: rowsOf(inputs),
      bound,
      ...(recordedBy !== undefined && { recordedBy }),
    },
  };
}

/** The samples that an envelope holds, verified against their digests; `undefined` when it holds none. */
export async function readSamples(
  envelope: Envelope,
): Promise<{ readonly inputs: TensorMap; readonly outputs: TensorMap; readonly bound: number } | undefined> {
  const { samples } = envelope.manifest;
  if (samples === undefined) return undefined;
  const read = async (path: string) => {
    const payload = envelope.payload(path);
    if (payload === undefined)
      throw new ModelkeepError("not_found", `The envelope lacks the samples ${JSON.stringify(path)}`);
    return tensorsFromJson(await payload.bytes());
  };
  return { inputs: await read(samples.inputs), outputs: await read(samples.outputs), bound: samples.bound };
}

/** Whether a predictor gave what was recorded. */
export interface SamplesReport extends Comparison {
  readonly rows: number;
  readonly bound: number;
}

/** Predicts the samples again and compares. The report tells whether they agree; only a failing predictor is an error. */
export async function verifySamples(
  predictor: Predictor,
  inputs: TensorMap,
  expected: TensorMap,
  bound = 0,
): Promise<SamplesReport> {
  checkInputs(predictor.signature, inputs);
  const comparison = compareTensors(await predictor.predict(inputs), expected, bound);
  return { rows: rowsOf(inputs), bound, ...comparison };
}

/** Throws `samples_differ`, naming the worst element, unless the report says that they agree. */
export function requireSamples(report: SamplesReport): void {
  if (!report.agrees) throw samplesDiffer("The model does not reproduce its samples", report);
}

/** The common first dimension; 1 when no input has one. */
export function rowsOf(tensors: TensorMap): number {
  const [first] = tensors.values();
  return first?.shape[0] ?? 1;
}

function samplesDiffer(what: string, { worst, failures }: Comparison): ModelkeepError {
  const where =
    worst === undefined ? "" : `${worst.name}${worst.index === undefined ? "" : `[${worst.index.join(", ")}]`}`;
  const example =
    worst === undefined ? "" : `: the worst is ${where}, ${worst.found} where ${worst.expected} was recorded`;
  return new ModelkeepError("samples_differ", `${what} (${failures} differ)${example}`, {
    details: { failures, worst },
  });
}
