import type { Context } from "../context.js";
import { splitReference } from "../reference.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open({ writes: true });
  const { name, selector } = splitReference(given[0]!);
  const undo = options.flag("undo");
  await registry[undo ? "activate" : "archive"](name, selector, { reason: options.text("reason"), signal });
  output.result(
    { reference: given[0], status: undo ? "active" : "archived" },
    `${given[0]!} is ${undo ? "active again" : "archived"}`,
  );
}
