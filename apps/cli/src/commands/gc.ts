import { ModelkeepError } from "@modelkeep/core";

import type { Context } from "../context.js";
import { counted, formatBytes } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal } = context;
  const registry = await context.registry({ writes: true });
  const dryRun = options.flag("dry-run");
  const graceSeconds = graceOf(options.text("grace"));
  const bar = progressBar(output, "collecting");
  const collected = await registry.collectGarbage({ dryRun, graceSeconds, signal }).finally(bar.stop);
  const { removed, bytes, spared } = collected;
  output.result(
    collected,
    `${dryRun ? "Would remove" : "Removed"} ${counted(removed, "object")}, ${formatBytes(bytes)}${spared > 0 ? `; spared ${spared} that a running save may need` : ""}`,
  );
}

function graceOf(hours: string | undefined): number | undefined {
  if (hours === undefined) return undefined;
  const number = Number(hours);
  if (!(number >= 0))
    throw new ModelkeepError("invalid_input", `--grace is a number of hours, not ${JSON.stringify(hours)}`);
  return number * 3600;
}
