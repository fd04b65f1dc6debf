import { ModelkeepError } from "@modelkeep/core";

import type { Context } from "../context.js";
import { counted, formatBytes } from "../output.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal } = context;
  const registry = await context.registry({ writes: true });
  const dryRun = options.flag("dry-run");
  const collected = await registry.collectGarbage({ dryRun, graceSeconds: graceOf(options.text("grace")), signal });
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
