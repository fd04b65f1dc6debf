import { parseReference } from "@modelkeep/core";

import type { Context } from "../context.js";

export async function run({ arguments: given, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open({ writes: true });
  const [reference, text] = given as [string, string];
  const { name, selector } = parseReference(reference);
  const description = text === "" ? undefined : text;
  await registry.describe(name, selector === undefined ? undefined : reference.slice(name.length + 1), description, {
    signal,
  });
  output.result({ reference, description }, `${reference}: ${description ?? "no description"}`);
}
