import type { Context } from "../context.js";
import { reportMove } from "../moved.js";
import { splitReference } from "../reference.js";
import { moveOptions } from "../move-options.js";

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const registry = await context.registry({ withPlugins: true, writes: true });
  const { name, selector } = splitReference(context.arguments[0]!);
  const runtime = options.text("runtime");
  reportMove(
    await registry.promote(name, selector, {
      ...moveOptions(context),
      alias: options.text("alias"),
      ...(runtime === undefined ? {} : { runtime }),
    }),
    output,
  );
}
