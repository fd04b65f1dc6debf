import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import type { Context } from "./context.js";
import { nearest } from "./nearest.js";

/** The same trouble with what a person needs to go on, which only the command line knows: where it looked, and what is there. */
export async function explained(error: unknown, context: Context): Promise<unknown> {
  if (isModelkeepError(error, "aborted") && context.signal.aborted)
    return new ModelkeepError("aborted", "Interrupted", { cause: error });
  const name = isModelkeepError(error, "not_found") ? error.details?.["name"] : undefined;
  if (isModelkeepError(error) && typeof name === "string" && error.message.endsWith(noModel(name))) {
    const hint = await whatThereIs(context, name).catch(() => "");
    return new ModelkeepError(error.code, `${error.message}${hint}`, { cause: error, details: error.details });
  }
  return error;
}

function noModel(name: string): string {
  return `There is no model ${JSON.stringify(name)}`;
}

/** A model whose name is nearly the one that was asked for; else which store it was that has none. */
async function whatThereIs(context: Context, name: string): Promise<string> {
  const [{ url }, registry] = [await context.place(), await context.registry()];
  const { items } = await registry.list({ limit: 1000 });
  const close = nearest(
    name,
    items.map((each) => each.name),
  );
  if (close !== undefined) return `; did you mean ${close}?`;
  return items.length === 0 ? ` in ${url}, nor any other` : ` in ${url}: modelkeep list shows those that there are`;
}
