import {
  compareTensors,
  type Manifest,
  ModelkeepError,
  type PayloadSource,
  type Representation,
  type Signature,
  type TensorMap,
  recordSamples,
  rowsOf,
  toTensors,
} from "@modelkeep/core";

import type { Context } from "./context.js";
import { givenOutputs } from "./given-outputs.js";
import { type GivenSamples, holdGiven, type NotReproduced, placeOf, told } from "./hold-given.js";
import type { NotMade, Prepared } from "./representations.js";
import { type Runner, runners, startPredictor } from "./runner.js";
import type { SamplesInput } from "./save-input.js";
import { sourcePayloads } from "./source-payload.js";

export interface PreparedSamples {
  readonly samples: NonNullable<Manifest["samples"]>;
  readonly sources: readonly PayloadSource[];
  /** With the proof that each converted one agrees. */
  readonly representations: readonly Representation[];
  readonly notReproduced?: NotReproduced | undefined;
}

const givenBound = 1e-6;

/** Records samples: outputs that were given, held to the model, or that a runtime computes now from the files that are about to be saved. */
export async function prepareSamples(
  context: Context,
  prepared: readonly Prepared[],
  signature: Signature | undefined,
  input: SamplesInput,
  notMade: readonly NotMade[] = [],
): Promise<PreparedSamples> {
  const known = () => signature ?? unknownSignature(notMade);
  // Tensors are taken as they are; rows and records by the signature.
  const inputs = input.inputs instanceof Map ? (input.inputs as TensorMap) : toTensors(known(), input.inputs);
  const run = (runner: Runner) => runOnce(context, prepared, runner, signature, inputs);
  let outputs =
    input.outputs &&
    (input.outputs instanceof Map ? (input.outputs as TensorMap) : givenOutputs(input.outputs, known()));
  let recordedBy: NonNullable<Manifest["samples"]>["recordedBy"];
  let notReproduced: NotReproduced | undefined;
  const forms = prepared.map((each) => each.representation);
  if (outputs === undefined) {
    const [runner] = await runners(context.plugins, { representations: forms });
    outputs = await run(runner!);
    const { representation, runtime } = runner!;
    recordedBy = {
      representation: representation.name,
      runtime: runtime.name,
      version: runtime.version,
      platform: context.platform,
    };
  }
  const bound = input.bound ?? (recordedBy === undefined ? givenBound : 0);
  if (recordedBy === undefined)
    notReproduced = await holdGiven(context, forms, signature, { inputs, outputs, bound }, run);
  const representations: Representation[] = [];
  for (const form of forms) {
    const { representation, differs } = await proved(context, form, { inputs, outputs, bound }, run);
    representations.push(representation);
    if (recordedBy === undefined) notReproduced ??= differs;
  }
  const { entry, sources } = await recordSamples({ inputs, outputs, bound });
  return { samples: { ...entry, ...(recordedBy && { recordedBy }) }, sources, representations, notReproduced };
}

/** Holds a converted representation to the samples, where something can run it, and writes down how well it agrees. */
async function proved(
  context: Context,
  representation: Representation,
  { inputs, outputs, bound }: GivenSamples,
  run: (runner: Runner) => Promise<TensorMap>,
): Promise<{ readonly representation: Representation; readonly differs?: NotReproduced | undefined }> {
  const { convertedFrom } = representation;
  if (convertedFrom === undefined) return { representation };
  const [runner] = await runners(context.plugins, { representations: [representation] }).catch((error: unknown) => {
    if ((error as { code?: string }).code === "unsupported") return [];
    throw error;
  });
  if (runner === undefined) return { representation };
  const found = await run(runner);
  const { agrees, identical, worst } = compareTensors(found, outputs, convertedFrom.bound ?? 0);
  const at = worst && placeOf(worst);
  if (!agrees && convertedFrom.exactness !== "unknown")
    throw new ModelkeepError(
      "samples_differ",
      `The representation ${JSON.stringify(representation.name)} does not agree with what it was converted from: ${at} is ${worst?.found}, not ${worst?.expected}`,
      { details: { worst } },
    );
  const proof = {
    rows: rowsOf(inputs),
    identical,
    ...(worst && Number.isFinite(worst.difference) && { worst: worst.difference }),
    ...(at !== undefined && { worstAt: at }),
    runtime: `${runner.runtime.name} ${runner.runtime.version}`,
  };
  // What promotion would say of it: there, the bound of the samples counts too.
  const kept = agrees || compareTensors(found, outputs, bound).agrees;
  const differs = { representation: representation.name, runtime: runner.runtime.name, message: told(worst) };
  return {
    representation: { ...representation, convertedFrom: { ...convertedFrom, proof } },
    ...(!kept && { differs }),
  };
}

async function runOnce(
  context: Context,
  prepared: readonly Prepared[],
  runner: Runner,
  signature: Signature | undefined,
  inputs: TensorMap,
): Promise<TensorMap> {
  const { sources } = prepared.find((each) => each.representation.name === runner.representation.name)!;
  await using predictor = await startPredictor(context.plugins, runner, sourcePayloads(sources), signature);
  return await predictor.predict(inputs);
}

function unknownSignature(notMade: readonly NotMade[]): never {
  const why = notMade.map(({ message }) => `. ${message}`).join("");
  throw new ModelkeepError(
    "signature_mismatch",
    `Nothing here tells the inputs and outputs of this model, so that rows can't be taken for them: save it without samples, or give tensors by name or a \`signature\` in code${why}`,
  );
}
