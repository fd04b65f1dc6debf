import { basename } from "node:path";

import { isModelkeepError, ModelkeepError } from "@modelkeep/core";
import { digestFile } from "@modelkeep/core/node";
import type { Envelope } from "@modelkeep/core";
import type { Registry, VerificationResult } from "@modelkeep/registry";

import { attestedBy } from "../attested-by.js";
import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { inFile } from "../in-file.js";
import { openPath, pathOf } from "../open-path.js";
import { type Bar, progressBar } from "../progress.js";
import { readEnvelope } from "../read-envelope.js";
import { attestationsHold, describeAttestations, verifyPathAttestations } from "../verify-attestations.js";
import { verifyInstalled } from "../verify-installed.js";
import { verifyFresh } from "../verify-fresh.js";

/** Digests of every file first, then data that is named, then samples. */
export async function run(context: Context): Promise<number> {
  const target = context.arguments[0]!;
  const path = await pathOf(target, context.folder);
  const bar = progressBar(context.output, `verifying ${target}`);
  const verified =
    path === undefined ? verifyVersion(context, target, bar) : inFile(target, verifyPath(context, path, bar));
  return verified.finally(bar.stop);
}

async function verifyVersion(context: Context, reference: string, { report, stop }: Bar): Promise<number> {
  const { options, output, signal } = context;
  const registry = await context.registry({ withPlugins: true, writes: options.choice("record") !== false });
  const envelope = await registry.open(reference);
  const trust = await attestedBy(context);
  const attestations = trust && (await registry.verifyAttestations(reference, trust, { signal }));
  const bytes = await readEnvelope(envelope, { signal, progress: report });
  const data = await compareData(context, envelope);
  const where = options.flag("install") ? "installed" : options.flag("fresh") ? "fresh" : "here";
  const choice = { runtime: options.text("runtime"), representation: options.text("representation") };
  let results: readonly VerificationResult[] = [];
  if (envelope.manifest.samples !== undefined && !options.flag("digests-only")) {
    if (where === "here") results = await registry.verify(reference, { ...choice, record: false, signal });
    else if (where === "fresh") results = await verifyFresh(context, envelope, choice);
    else results = await verifyInstalled(context, envelope, choice);
    if (options.choice("record") !== false) await record(context, registry, reference, results);
  }
  const ok =
    (results.length > 0 || options.flag("digests-only")) &&
    results.every((result) => result.ok) &&
    data.every(({ matches }) => matches) &&
    attestationsHold(attestations);
  stop();
  output.result(
    { reference: envelope.version.reference, digest: envelope.digest, bytes, data, attestations, results, ok },
    () => {
      const lines = [`${envelope.version.reference}  ${bytes.toLocaleString("en")} bytes match their digests`];
      for (const { file, matches, name } of data)
        lines.push(
          matches
            ? `${output.style("green", "same data")}  ${file}${name === basename(file) ? "" : ` is what was recorded as ${name}`}`
            : `${output.style("red", "other data")}  ${file} matches no recorded data set`,
        );
      lines.push(...describeAttestations(attestations, output));
      for (const result of results)
        lines.push(
          describeResult(
            result,
            output.style(result.ok ? "green" : "red", result.ok ? "reproduced" : "NOT reproduced"),
          ),
        );
      if (results.length === 0 && !options.flag("digests-only"))
        lines.push(
          output.style(
            "red",
            "No samples are recorded: what it predicts can't be proved (--digests-only asks for less)",
          ),
        );
      return lines.join("\n");
    },
  );
  return ok ? exitCodes.ok : exitCodes.negative;
}

/** Whoever may read a store and not write to it gets the answer all the same. */
async function record(
  { output, signal }: Context,
  registry: Registry,
  reference: string,
  results: readonly VerificationResult[],
): Promise<void> {
  try {
    await registry.recordVerification(reference, results, { signal });
  } catch (error) {
    if (!isModelkeepError(error, "io_error")) throw error;
    output.warn(`the result is not on record: ${error.message} (--no-record does not try)`);
  }
}

async function verifyPath(context: Context, path: string, { report, stop }: Bar): Promise<number> {
  const { output, options, signal } = context;
  const { codecs } = await context.plugins();
  const opened = await openPath(path, codecs, context.identities);
  if (opened.kind === "file")
    throw new ModelkeepError(
      "invalid_input",
      `${path} is a file without a manifest: there is nothing to hold it to. Save it first`,
    );
  const { envelope } = opened;
  const attestations = await verifyPathAttestations(context, path, opened);
  const bytes = await readEnvelope(envelope, { signal, progress: report });
  const data = await compareData(context, envelope);
  const choice = { runtime: options.text("runtime"), representation: options.text("representation") };
  const results =
    envelope.manifest.samples === undefined || options.flag("digests-only")
      ? []
      : options.flag("install")
        ? await verifyInstalled(context, envelope, choice)
        : await verifyFresh(context, envelope, choice);
  const ok =
    (results.length > 0 || options.flag("digests-only")) &&
    results.every((result) => result.ok) &&
    data.every(({ matches }) => matches) &&
    attestationsHold(attestations);
  stop();
  output.result({ path, digest: envelope.digest, bytes, data, attestations, results, ok }, () =>
    [
      `${path}  ${bytes.toLocaleString("en")} bytes match their digests`,
      ...describeAttestations(attestations, output),
      ...results.map((result) =>
        describeResult(result, output.style(result.ok ? "green" : "red", result.ok ? "reproduced" : "NOT reproduced")),
      ),
    ].join("\n"),
  );
  return ok ? exitCodes.ok : exitCodes.negative;
}

/** Whether files given by --data are the data sets that the manifest recorded. */
async function compareData({ options }: Context, { manifest }: Envelope) {
  return Promise.all(
    options.list("data").map(async (file) => {
      const { digest } = await digestFile(file);
      const found = manifest.data?.find((each) => each.digest === digest);
      return { file, digest, matches: found !== undefined, name: found?.name };
    }),
  );
}

function describeResult(result: VerificationResult, verdict: string): string {
  const { representation, runtime, runtimeVersion, where, rows, worst, worstAt, message } = result;
  const difference =
    worst === undefined || worst === 0
      ? "identical"
      : `worst ${worst.toExponential(1)}${worstAt === undefined ? "" : ` at ${worstAt}`}`;
  return `${verdict}  ${representation} by ${runtime} ${runtimeVersion}, ${whereText(where)}: ${rows} rows, ${message ?? difference}`;
}

function whereText(where: VerificationResult["where"]): string {
  return where === "here"
    ? "in this process"
    : where === "fresh"
      ? "in a fresh process"
      : "in a temporary installation";
}
