import {
  checkInputs,
  compareTensors,
  type Difference,
  isModelkeepError,
  ModelkeepError,
  type Representation,
  type Signature,
  type TensorMap,
} from "@modelkeep/core";

import type { Context } from "./context.js";
import { availableRunners, type Runner } from "./runner.js";

/** What a form of the model gave, at the save, for samples whose outputs were given. Promotion refuses such a version. */
export interface NotReproduced {
  /** Name of the form. */
  readonly representation: string;
  readonly runtime: string;
  readonly message: string;
}

export interface GivenSamples {
  readonly inputs: TensorMap;
  readonly outputs: TensorMap;
  readonly bound: number;
}

/**
 * Holds outputs that were given to what the model is, as far as it can be told here: the forms that were not converted are run,
 * and where one can't be, the signature tells how many rows there must be.
 * @throws `signature_mismatch` or `samples_differ` where no form of the model can ever give these outputs
 */
export async function holdGiven(
  context: Context,
  representations: readonly Representation[],
  signature: Signature | undefined,
  samples: GivenSamples,
  run: (runner: Runner) => Promise<TensorMap>,
): Promise<NotReproduced | undefined> {
  if (signature !== undefined) checkInputs(signature, samples.inputs);
  const own = representations.filter(({ convertedFrom }) => convertedFrom === undefined);
  const trials: Trial[] = [];
  for (const representation of own) {
    const { found } = await availableRunners(context.plugins, [representation]);
    const trial = found[0] && (await tried(found[0], samples, run));
    if (trial !== undefined) trials.push(trial);
    if (trial?.agrees === true) return undefined;
  }
  const ran = trials.filter(({ gave }) => gave !== undefined);
  if (ran.length < own.length) requireRows(signature, samples);
  const faults = ran.map(({ gave }) => faultOfForm(gave!, samples));
  if (ran.length === own.length && faults[0] !== undefined && !faults.includes(undefined))
    throw new ModelkeepError("samples_differ", `The model can never give the outputs of these samples: ${faults[0]}`);
  if (trials.length === 0) return undefined;
  const { runner, message } = trials[0]!;
  return { representation: runner.representation.name, runtime: runner.runtime.name, message };
}

interface Trial {
  readonly runner: Runner;
  readonly agrees: boolean;
  /** Absent where the model could not be run. */
  readonly gave?: TensorMap;
  readonly message: string;
}

async function tried(
  runner: Runner,
  { outputs, bound }: GivenSamples,
  run: (runner: Runner) => Promise<TensorMap>,
): Promise<Trial> {
  try {
    const gave = await run(runner);
    const { agrees, worst } = compareTensors(gave, outputs, bound);
    return { runner, agrees, gave, message: told(worst) };
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted") throw error;
    return { runner, agrees: false, message: error.message };
  }
}

export function placeOf({ name, index }: Difference): string {
  return index === undefined ? name : `${name}[${index.join(", ")}]`;
}

export function told(worst: Difference | undefined): string {
  return worst === undefined ? "" : `${placeOf(worst)} is ${worst.found} where ${worst.expected} was given`;
}

/** What no bound makes up for: an output that is missing, or of another dtype or shape. */
function faultOfForm(gave: TensorMap, { inputs, outputs }: GivenSamples): string | undefined {
  for (const [name, given] of outputs) {
    const { worst } = compareTensors(gave, new Map([[name, given]]), Number.MAX_VALUE);
    if (worst === undefined || worst.index !== undefined) continue;
    const rows = inputs.values().next().value?.shape[0];
    const counts = rows === undefined || given.shape.length === 0 || given.shape[0] === rows;
    return told(worst) + (counts ? "" : `. There are ${rows} rows of inputs and ${given.shape[0]} of outputs`);
  }
  return undefined;
}

/** The name of a first dimension means one size, of inputs and outputs. Sizes that are fixed or not known promise nothing. */
function requireRows(signature: Signature | undefined, { inputs, outputs }: GivenSamples): void {
  for (const { name, shape } of signature?.outputs ?? []) {
    const rows = outputs.get(name)?.shape[0];
    const input = signature!.inputs.find((each) => each.shape[0] === shape[0] && inputs.has(each.name));
    const expected = input && inputs.get(input.name)!.shape[0];
    if (typeof shape[0] !== "string" || rows === undefined || expected === undefined || rows === expected) continue;
    throw new ModelkeepError(
      "signature_mismatch",
      `The samples have ${expected} rows of inputs and ${rows} of outputs: ${JSON.stringify(name)} has one for each of ${JSON.stringify(input!.name)} (${JSON.stringify(shape[0])} in the signature)`,
      { details: { name, inputs: expected, outputs: rows } },
    );
  }
}
