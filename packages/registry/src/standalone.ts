import { type Envelope, ModelkeepError, type Predictor } from "@modelkeep/core";

import { startRunner } from "./load.js";
import { platform, type Plugins } from "./options.js";
import { type RunnerChoice, runners } from "./runner.js";
import { type VerificationResult, verifyPair } from "./verify.js";

/** A predictor for an envelope without a registry: a package, or a folder it was unpacked to. */
export async function envelopePredictor(
  plugins: Plugins,
  envelope: Envelope,
  choice: RunnerChoice = {},
): Promise<Predictor> {
  const [runner] = await runners(plugins, envelope.manifest, choice);
  const predictor = await startRunner({ plugins }, envelope, runner!);
  const signature = envelope.manifest.signature ?? predictor.signature;
  return {
    ...predictor,
    signature,
    predict: (inputs) => predictor.predict(inputs),
    [Symbol.asyncDispose]: () => predictor[Symbol.asyncDispose](),
  };
}

/** Which representations and runtimes `verifyEnvelope` runs. */
export interface VerifyEnvelopeOptions extends RunnerChoice {
  /** "all" holds every pair that can run here to the samples; "first" is the default. */
  readonly pairs?: "first" | "all" | undefined;
  readonly where?: VerificationResult["where"] | undefined;
}

/** Holds an envelope to its samples, without a registry. */
export async function verifyEnvelope(
  plugins: Plugins,
  envelope: Envelope,
  options: VerifyEnvelopeOptions = {},
): Promise<VerificationResult[]> {
  if (envelope.manifest.samples === undefined)
    throw new ModelkeepError("not_found", "The envelope has no samples: what it predicts can't be compared");
  const found = await runners(plugins, envelope.manifest, options);
  const results: VerificationResult[] = [];
  for (const runner of options.pairs === "all" ? found : found.slice(0, 1))
    results.push({
      ...(await verifyPair({ plugins, platform: platform() }, envelope, runner)),
      where: options.where ?? "here",
    });
  return results;
}
