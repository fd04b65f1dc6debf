import { backupRegistry } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { counted, formatBytes } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal } = context;
  const url = context.arguments[0]!;
  const bar = progressBar(output, `backing up to ${url}`, { unit: "model" });
  const [from, to] = await Promise.all([context.store(), context.store(url)]);
  const done = await backupRegistry(from, to, {
    prune: options.flag("prune"),
    acceptDamaged: options.flag("accept-damaged"),
    signal,
    progress: bar.report,
  }).finally(bar.stop);
  output.result(done, () => {
    const { models, changed, entries, objects, bytes, damaged, pruned } = done;
    const lines = [
      changed === 0
        ? `${counted(models, "model")}, nothing new`
        : `${counted(changed, "model")} of ${models} had changed: ${counted(entries, "entry", "entries")}, ${counted(objects, "object")}, ${formatBytes(bytes)}`,
    ];
    for (const { message } of damaged) lines.push(`${output.style("yellow", "damaged")}  ${message}`);
    if (pruned !== undefined)
      lines.push(`Removed ${counted(pruned.objects, "object")}, ${formatBytes(pruned.bytes)}, of deleted versions`);
    return lines.join("\n");
  });
}
