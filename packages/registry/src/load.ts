import {
  type CompatibilityPolicy,
  type Envelope,
  InputReader,
  type Inputs,
  type Predictor,
  type Runtime,
  type Signature,
  type TensorMap,
} from "@modelkeep/core";

import { type AttestedBy, requireAttestation } from "./attested.js";
import { checkCompatibility } from "./compatibility.js";
import type { Context } from "./context.js";
import { requireLiving } from "./deletion.js";
import { openVersion } from "./envelope.js";
import { Prediction } from "./prediction.js";
import type { VersionRecord } from "./record.js";
import { resolve } from "./resolve.js";
import { type Runner, type RunnerChoice, runners, startPredictor } from "./runner.js";

/** What is loaded, with which runtime, and what must be true of it. */
export interface LoadOptions extends RunnerChoice {
  readonly threads?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Puts something around the runtime that was chosen: `isolated` of `@modelkeep/serving` lets it run in a process of its own. */
  readonly through?: ((runtime: Runtime) => Runtime) | undefined;
  /** What to do when recorded libraries or the runtime are not those that are here: nothing is read before. Default "warn". */
  readonly compatibility?: CompatibilityPolicy | undefined;
  /** Refuses a version that nobody of these vouches for, before a byte of it is read. Default: what the registry was opened with. */
  readonly attestedBy?: AttestedBy | undefined;
  /** Told of each difference in a sentence. Default: the process' own warnings, where there are any. */
  readonly onWarning?: ((message: string) => void) | undefined;
}

/** A version, ready to predict. */
export interface LoadedModel {
  readonly name: string;
  readonly version: number;
  /** `name@3` */
  readonly reference: string;
  readonly envelope: Envelope;
  readonly signature: Signature;
  /** What runs, and what runs it. */
  readonly representation: string;
  readonly runtime: { readonly name: string; readonly version: string };
  /** Whether this pair has been held to the samples of this version, and reproduced them. */
  readonly verified: boolean;
  /** Takes records, rows or tensors; checks them against the signature before the model sees them. */
  predict(inputs: Inputs): Promise<Prediction>;
  /** Without conversion or checks: what goes in is what the signature says. */
  predictTensors(inputs: TensorMap): Promise<TensorMap>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function load(context: Context, reference: string, options: LoadOptions = {}): Promise<LoadedModel> {
  const { record, version } = await resolve(context, reference, options.signal);
  requireLiving(record.name, version);
  const envelope = await openVersion(context, record.name, version, options.signal);
  const attestedBy = options.attestedBy ?? context.attestedBy;
  if (attestedBy !== undefined)
    await requireAttestation(context, { record, version, envelope }, attestedBy, options.signal);
  const chosen = await chooseRunner(context, envelope, version, options);
  const runner = options.through === undefined ? chosen : { ...chosen, runtime: options.through(chosen.runtime) };
  await checkCompatibility(context, envelope.manifest, runner.representation.name, options);
  const predictor = await startRunner(context, envelope, runner, options);
  const signature: Signature = (envelope.manifest.signature as Signature | undefined) ?? predictor.signature;
  const reader = new InputReader(signature);
  return {
    name: record.name,
    version: version.version,
    reference: `${record.name}@${version.version}`,
    envelope,
    signature,
    representation: runner.representation.name,
    runtime: { name: runner.runtime.name, version: runner.runtime.version },
    verified: isVerified(version, runner),
    async predict(inputs) {
      return new Prediction(await predictor.predict(reader.read(inputs)));
    },
    predictTensors: (inputs) => predictor.predict(inputs),
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  };
}

/** The first pair that has reproduced the samples; else the first. */
export async function chooseRunner(
  context: Context,
  envelope: Envelope,
  version: VersionRecord,
  choice: RunnerChoice,
): Promise<Runner> {
  const found = await runners(context.plugins, envelope.manifest, choice);
  return found.find((runner) => isVerified(version, runner)) ?? found[0]!;
}

export function startRunner(
  context: Pick<Context, "plugins">,
  envelope: Envelope,
  runner: Runner,
  { signal, threads }: Pick<LoadOptions, "signal" | "threads"> = {},
): Promise<Predictor> {
  const payloads = envelope.payloads(runner.representation.name);
  const signature = envelope.manifest.signature as Signature | undefined;
  return startPredictor(context.plugins, runner, payloads, signature, {
    signal,
    ...(threads !== undefined && { threads }),
  });
}

function isVerified(version: VersionRecord, { representation, runtime }: Runner): boolean {
  const last = version.verifications.findLast(
    (each) => each.representation === representation.name && each.runtime === runtime.name,
  );
  return last?.ok === true;
}
