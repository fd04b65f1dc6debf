import { rm } from "node:fs/promises";
import { join } from "node:path";

import { type Envelope, ModelkeepError } from "@modelkeep/core";
import { temporaryFolder } from "@modelkeep/core/node";
import { type BackupReport, verifyBackup } from "@modelkeep/registry";
import { fsStore } from "@modelkeep/store-fs";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted, formatBytes, formatTime, type Output } from "../output.js";
import { verifyFresh } from "../verify-fresh.js";

export async function run(context: Context): Promise<number> {
  const { output, options, signal } = context;
  const restore = options.flag("all")
    ? "all"
    : options.flag("each")
      ? "each"
      : numberOf(options.text("sample"), "sample");
  const maxAge = numberOf(options.text("max-age"), "max-age");
  const backup = await context.store(context.arguments[0]);
  await using parent = await temporaryFolder("restore");
  const trial = join(parent.path, "registry");
  // One model at a time: the one before has been proved and can go.
  const scratch = async () => {
    await rm(trial, { recursive: true, force: true });
    return fsStore(trial);
  };
  const prove = (envelope: Envelope) => verifyFresh(context, envelope, {});
  const progress = (reference: string) => output.note(`restoring ${reference}`);
  const report = await verifyBackup(backup, { restore, scratch, prove, signal, progress });
  const age = report.last === undefined ? undefined : (Date.now() - Date.parse(report.last.ended)) / 3_600_000;
  const fresh = maxAge === undefined || (age !== undefined && age <= maxAge);
  const ok = report.ok && fresh;
  output.result({ ...report, ok }, () => describe(report, output, fresh ? undefined : maxAge));
  return ok ? exitCodes.ok : exitCodes.negative;
}

function describe({ last, check, trials }: BackupReport, output: Output, maxAge: number | undefined): string {
  const lines: string[] = [];
  if (last === undefined) lines.push("No run of `modelkeep backup` is recorded in it");
  else lines.push(`Brought up to date ${formatTime(last.ended)}${last.complete ? "" : ", not to the end"}`);
  if (maxAge !== undefined) lines.push(`${output.style("red", "too old")}  it is to be at most ${maxAge} hours old`);
  for (const { where, message } of check.problems) lines.push(`${output.style("red", "fault")}  ${where}: ${message}`);
  const { models, versions, payloads, bytes } = check;
  lines.push(
    `${counted(models, "model")}, ${counted(versions, "version")}, ${counted(payloads, "file")}, ${formatBytes(bytes)} read and compared`,
  );
  for (const { reference, ok, results, message } of trials) {
    const how =
      message ??
      (results.length === 0
        ? "every byte is right; it has no samples"
        : results.map((each) => each.message ?? `${each.rows} rows by ${each.runtime} reproduced`).join("; "));
    lines.push(`${ok ? output.style("green", "restored") : output.style("red", "NOT restored")}  ${reference}: ${how}`);
  }
  return lines.join("\n");
}

function numberOf(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined;
  const number = Number(text);
  if (!(number >= 0)) throw new ModelkeepError("invalid_input", `--${option} is a number, not ${JSON.stringify(text)}`);
  return number;
}
