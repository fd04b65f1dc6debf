import { isModelkeepError } from "@modelkeep/core";
import type { CheckReport } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted, formatBytes } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<number> {
  const { output, options } = context;
  const report = await reported(context);
  output.result(report, () => {
    const lines = report.problems.map(({ where, message }) => `${output.style("red", "fault")}  ${where}: ${message}`);
    for (const { model, number, kind, reason } of report.voids)
      lines.push(`${output.style("yellow", "void")}   ${model}, entry ${number} (${kind}): ${reason}`);
    const { models, versions, payloads, bytes } = report;
    lines.push(
      `${counted(models, "model")}, ${counted(versions, "version")}, ${counted(payloads, "file")}, ${formatBytes(bytes)} ${options.flag("read") ? "read and compared" : "present"}: ${report.ok ? output.style("green", "no faults") : output.style("red", counted(report.problems.length, "fault"))}`,
    );
    return lines.join("\n");
  });
  return report.ok ? exitCodes.ok : exitCodes.negative;
}

/** What is damaged so much that it can't be opened has this one fault, and nothing else can be said. */
async function reported(context: Context): Promise<CheckReport> {
  const { options, output, signal } = context;
  const bar = progressBar(output, "checking", { unit: "version" });
  try {
    const registry = await context.registry();
    return await registry.check({ full: options.flag("read"), signal, progress: bar.report });
  } catch (error) {
    if (!isModelkeepError(error, "malformed")) throw error;
    const { code, message } = error;
    const nothing = { models: 0, versions: 0, payloads: 0, bytes: 0, archived: 0, voids: [] };
    return { ok: false, problems: [{ where: "store", code, message }], ...nothing };
  } finally {
    bar.stop();
  }
}
