import type { Context } from "../context.js";
import { splitReference } from "../reference.js";
import { progressBar } from "../progress.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const reference = given[0]!;
  splitReference(reference);
  const registry = await open({ writes: true });
  const bar = progressBar(output, "restoring");
  await registry.retention
    .restore(reference, { reason: options.text("reason"), signal, progress: bar.report })
    .finally(bar.stop);
  output.result({ reference, status: "active" }, `${reference} is back, and active`);
}
