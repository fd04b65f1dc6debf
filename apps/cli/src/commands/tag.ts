import { parseReference } from "@modelkeep/core";

import type { Context } from "../context.js";
import { splitPair } from "../reference.js";

/** Tags of a version, or of the model where only its name is given. */
export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open({ writes: true });
  const [reference, ...pairs] = given as [string, ...string[]];
  const { name, selector } = parseReference(reference);
  const tags = Object.fromEntries(
    pairs.map((pair) => (options.flag("remove") ? [pair, null] : splitPair(pair, "A tag"))),
  );
  await registry.tag(name, selector === undefined ? undefined : reference.slice(name.length + 1), tags, { signal });
  output.result({ reference, tags }, `${reference}: ${pairs.join(", ")}${options.flag("remove") ? " removed" : ""}`);
}
