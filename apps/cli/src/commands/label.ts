import type { Context } from "../context.js";
import { splitReference } from "../reference.js";

export async function run({ arguments: given, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open({ writes: true });
  const [reference, label] = given as [string, string];
  const { name, selector } = splitReference(reference);
  await registry.label(name, selector, [label], { signal });
  output.result({ reference, label }, `${reference} is ${name}@${label} too`);
}
