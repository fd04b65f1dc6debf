import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted, formatBytes } from "../output.js";

export async function run(context: Context): Promise<number> {
  const { output, options, signal } = context;
  const registry = await context.registry();
  const report = await registry.check({ full: options.flag("read"), signal });
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
