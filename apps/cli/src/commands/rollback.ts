import type { Context } from "../context.js";
import { moveOptions } from "../move-options.js";
import { reportMove } from "../moved.js";

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const name = context.arguments[0]!;
  const alias = options.text("alias");
  const to = options.text("to");
  if (to !== undefined) {
    const registry = await context.registry({ withPlugins: true, writes: true });
    reportMove(await registry.promote(name, to, { ...moveOptions(context), alias }), output);
    return;
  }
  const registry = await context.registry({ writes: true });
  reportMove(await registry.rollback(name, { ...moveOptions(context), alias }), output);
}
