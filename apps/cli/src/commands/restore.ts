import { restoreRegistry } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { counted, formatBytes } from "../output.js";
import { progressBar } from "../progress.js";

export async function run(context: Context): Promise<number> {
  const { output, options, signal } = context;
  const [url, ...models] = context.arguments as [string, ...string[]];
  const bar = progressBar(output, `restoring from ${url}`, { unit: "model" });
  const [backup, to] = await Promise.all([context.store(url), context.store()]);
  const done = await restoreRegistry(backup, to, {
    models: models.length === 0 ? undefined : models,
    repair: options.flag("repair"),
    signal,
    progress: bar.report,
  }).finally(bar.stop);
  output.result(done, () => {
    const { entries, objects, bytes, ahead, healed, beyondRepair } = done;
    const lines = [
      `${counted(done.models, "model")} of the backup: ${counted(entries, "entry", "entries")}, ${counted(objects, "object")}, ${formatBytes(bytes)} that were not there`,
    ];
    for (const { key, code } of healed) lines.push(`${output.style("green", "repaired")}  ${key} (${code})`);
    for (const { message } of beyondRepair)
      lines.push(`${output.style("red", "beyond repair")}  ${message}, and the backup does not have it either`);
    if (ahead.length > 0)
      lines.push(
        `Left as they are, having gone on since the backup: ${ahead.slice(0, 20).join(", ")}${ahead.length > 20 ? " …" : ""}`,
      );
    return lines.join("\n");
  });
  return done.beyondRepair.length === 0 ? exitCodes.ok : exitCodes.negative;
}
