import { type Envelope, isModelkeepError, ModelkeepError, readSamples, verifySamples } from "@modelkeep/core";

import { batchOf } from "./proposals.js";
import { change, type Context, plain } from "./context.js";
import { requireLiving } from "./deletion.js";
import { openVersion } from "./envelope.js";
import { startRunner } from "./load.js";
import type { Verification, VersionRecord } from "./record.js";
import { resolve } from "./resolve.js";
import { type Runner, type RunnerChoice, runners } from "./runner.js";

/** Which representations and runtimes `verify` runs, and whether the result is recorded. */
export interface VerifyOptions extends RunnerChoice {
  /** "all" holds every pair that can run here to the samples; "first", the default, the one that `load` would take. */
  readonly pairs?: "first" | "all" | undefined;
  /** Whether the result becomes part of the history. Default true where changes can be made. */
  readonly record?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Whether one representation, by one runtime, gave what the samples say. */
export type VerificationResult = Omit<Verification, "time" | "actor">;

/** Runs the samples of a version again and compares: labels exactly, floats within the recorded bound. */
export async function verify(
  context: Context,
  reference: string,
  options: VerifyOptions = {},
): Promise<VerificationResult[]> {
  const { record, version } = await resolve(context, reference, options.signal);
  requireLiving(record.name, version);
  const envelope = await openVersion(context, record.name, version, options.signal);
  if (envelope.manifest.samples === undefined)
    throw new ModelkeepError(
      "not_found",
      `${record.name}@${version.version} has no samples: save it with \`samples\` to be able to prove later what it predicts`,
    );
  const found = await runners(context.plugins, envelope.manifest, options);
  const results: VerificationResult[] = [];
  for (const runner of options.pairs === "all" ? found : found.slice(0, 1))
    results.push(await verifyPair(context, envelope, runner));
  if (options.record ?? (context.actor !== undefined && context.readOnly === undefined))
    await recordVerifications(context, record.name, version, results, options.signal);
  return results;
}

/** Puts results into the history, all in one entry. Another process may have made them. */
export async function recordVerifications(
  context: Context,
  name: string,
  version: VersionRecord,
  results: readonly VerificationResult[],
  signal?: AbortSignal,
): Promise<void> {
  const changes = results.map((result) => ({
    kind: "verified",
    critical: false,
    change: plain({ version: version.version, manifest: version.manifest, ...result }),
  }));
  await change(context, name, () => batchOf(changes), { signal });
}

/** One pair of representation and runtime, held to the samples. A model that fails to run has not reproduced them. */
export async function verifyPair(
  context: Pick<Context, "plugins" | "platform">,
  envelope: Envelope,
  runner: Runner,
): Promise<VerificationResult> {
  const samples = envelope.manifest.samples!;
  const { representation, runtime } = runner;
  const { inputs, outputs } = (await readSamples(envelope))!;
  const about = {
    representation: representation.name,
    runtime: runtime.name,
    runtimeVersion: runtime.version,
    platform: context.platform,
    where: "here",
    rows: samples.rows,
  } as const;
  try {
    await using predictor = await startRunner(context, envelope, runner);
    const bound = Math.max(samples.bound, boundOf(envelope, runner));
    const { agrees, worst } = await verifySamples(predictor, inputs, outputs, bound);
    if (worst === undefined) return { ok: agrees, ...about, worst: 0 };
    const worstAt = worst.index === undefined ? worst.name : `${worst.name}[${worst.index.join(", ")}]`;
    return {
      ok: agrees,
      ...about,
      ...(Number.isFinite(worst.difference) && { worst: worst.difference }),
      worstAt,
      ...(!agrees && { message: `${worstAt} is ${worst.found} where ${worst.expected} was recorded` }),
    };
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted" || error.code === "digest_mismatch") throw error;
    return { ok: false, ...about, message: error.message };
  }
}

/** A converted representation may differ by what its conversion is known to cost; so may another runtime than the one that recorded. */
function boundOf({ manifest }: Envelope, { representation, runtime }: Runner): number {
  const found = manifest.representations.find((each) => each.name === representation.name);
  const converted = found?.convertedFrom?.bound ?? 0;
  const { recordedBy } = manifest.samples!;
  const sameRuntime = recordedBy === undefined || recordedBy.runtime === runtime.name;
  return Math.max(converted, sameRuntime ? 0 : 1e-6);
}
