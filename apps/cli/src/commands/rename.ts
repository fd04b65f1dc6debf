import type { Context } from "../context.js";

export async function run({ arguments: given, output, registry: open, signal }: Context): Promise<void> {
  const registry = await open({ writes: true });
  const [name, to] = given as [string, string];
  await registry.rename(name, to, { signal });
  output.result({ name: to, formerName: name }, `${name} is now ${to}; the old name still finds it`);
}
