import type { Context } from "../context.js";
import { progressBar } from "../progress.js";
import { splitReference } from "../reference.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open({ writes: true });
  const reference = given[0]!;
  const { name, selector } = splitReference(reference);
  const [undo, to, reason] = [options.flag("undo"), options.text("to"), options.text("reason")];
  if (to !== undefined) {
    const bar = progressBar(output, `moving to ${to}`);
    await registry.retention.archive(reference, to, { reason, signal, progress: bar.report }).finally(bar.stop);
    output.result({ reference, status: "archived", storage: to }, `${reference} is archived, its files are in ${to}`);
    return;
  }
  await registry[undo ? "activate" : "archive"](name, selector, { reason, signal });
  output.result(
    { reference, status: undo ? "active" : "archived" },
    `${reference} is ${undo ? "active again" : "archived"}`,
  );
}
