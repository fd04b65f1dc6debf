import { parseReference } from "@modelkeep/core";

import type { Context } from "../context.js";
import { moveOptions } from "../move-options.js";
import { reportMove } from "../moved.js";
import { splitReference } from "../reference.js";

export async function run(context: Context): Promise<void> {
  const registry = await context.registry({ writes: true });
  const [reference, alias] = context.arguments as [string, string];
  const remove = context.options.flag("remove");
  const { name, selector } = remove
    ? { name: parseReference(reference).name, selector: null }
    : splitReference(reference);
  reportMove(await registry.alias(name, alias, selector, moveOptions(context)), context.output);
}
