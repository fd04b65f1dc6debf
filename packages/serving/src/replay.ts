import {
  compareTensors,
  type Difference,
  type Inputs,
  isModelkeepError,
  ModelkeepError,
  type TensorMap,
  toTensors,
} from "@modelkeep/core";
import type { LoadedModel, LoadOptions, Registry } from "@modelkeep/registry";

import { predictionsOf } from "./predictions.js";
import type { PredictionRecord } from "./record.js";
import { inputsDigest } from "./record-line.js";
import { tensorDifference } from "./tensor-difference.js";

/** How a prediction is made again. */
export interface ReplayOptions extends Omit<LoadOptions, "representation"> {
  /** Spares looking for the id among all models. */
  readonly model?: string | undefined;
  /** Where only their digest was recorded: the inputs, which must be those. */
  readonly inputs?: Inputs | undefined;
  /** How far floats may be off where another runtime answers now: |a - b| <= bound x max(1, |b|). Default 1e-6. */
  readonly bound?: number | undefined;
}

/** A prediction that was made again. */
export interface Replayed {
  readonly record: PredictionRecord;
  readonly outputs: TensorMap;
  /** Every bit is the same; all NaN are one. */
  readonly identical: boolean;
  /** Identical; or, from another runtime, the same labels and floats within the bound. */
  readonly reproduced: boolean;
  /** What answered now. */
  readonly representation: string;
  readonly runtime: { readonly name: string; readonly version: string };
  /** Whether representation, runtime and its version are those of the record: then every bit is the same. */
  readonly sameRuntime: boolean;
  /** Where the outputs differ most. */
  readonly worst?: Difference | undefined;
}

/** Loads the exact version that made a prediction, by its digest, and lets it answer again what it was asked. */
export async function replay(registry: Registry, id: string, options: ReplayOptions = {}): Promise<Replayed> {
  const record = await predictionsOf(registry).get(id, options.model);
  if (record === undefined)
    throw new ModelkeepError("not_found", `No prediction ${id} is on record`, { details: { id } });
  return replayRecord(registry, record, options);
}

/**
 * Makes the prediction of a record again, by the version that made it, and compares.
 * @throws `not_found` where the prediction failed, or its inputs were not kept and are not given
 */
export async function replayRecord(
  registry: Registry,
  record: PredictionRecord,
  { model: _model, inputs: given, bound = 1e-6, ...load }: ReplayOptions = {},
): Promise<Replayed> {
  if (record.outputs === undefined)
    throw new ModelkeepError(
      "not_found",
      `The prediction ${record.id} failed (${record.error?.code}): there is no answer to compare with`,
    );
  requireInputs(record, given !== undefined);
  await using model = await loadRecorded(registry, record, load);
  const outputs = await model.predictTensors(inputsOf(record, model, given));
  const { identical } = tensorDifference(outputs, record.outputs);
  const { name, version } = model.runtime;
  const sameRuntime =
    model.representation === record.representation &&
    name === record.runtime.name &&
    version === record.runtime.version;
  const { agrees, worst } = compareTensors(outputs, record.outputs, bound);
  return {
    record,
    outputs,
    identical,
    reproduced: identical || (!sameRuntime && agrees),
    representation: model.representation,
    runtime: { name, version },
    sameRuntime,
    ...(worst && { worst }),
  };
}

/** The version by its digest, with what ran it then; with whatever runs it here where that is not installed. */
async function loadRecorded(registry: Registry, record: PredictionRecord, load: LoadOptions): Promise<LoadedModel> {
  const reference = `${record.model}@${record.digest}`;
  const options: LoadOptions = { compatibility: "ignore", ...load };
  if (load.runtime !== undefined) return registry.load(reference, options);
  const { representation, runtime } = record;
  try {
    return await registry.load(reference, { ...options, representation, runtime: runtime.name });
  } catch (error) {
    if (!isModelkeepError(error, "unsupported")) throw error;
    return registry.load(reference, options);
  }
}

function requireInputs({ id, inputs, redacted, inputsDigest: digest }: PredictionRecord, given: boolean): void {
  const fault = (why: string) =>
    new ModelkeepError("not_found", `The prediction ${id} can't be made again: ${why}`, { details: { id } });
  if (redacted !== undefined && !given)
    throw fault(
      `of its inputs ${redacted.join(", ")} ${redacted.length === 1 ? "was" : "were"} left out of the record`,
    );
  if (inputs !== undefined || (given && (digest !== undefined || redacted !== undefined))) return;
  throw fault(
    digest === undefined
      ? "its inputs were not recorded"
      : "only a digest of its inputs was recorded: give the inputs, and they are held to it",
  );
}

function inputsOf(record: PredictionRecord, model: LoadedModel, given: Inputs | undefined): TensorMap {
  if (given === undefined) return record.inputs!;
  const tensors = toTensors(model.signature, given);
  if (record.inputsDigest !== undefined && inputsDigest(tensors) !== record.inputsDigest)
    throw new ModelkeepError(
      "digest_mismatch",
      `These are not the inputs of the prediction ${record.id}: they have another digest`,
    );
  return tensors;
}
