import type { Context } from "../context.js";
import { changeText } from "../policy-text.js";

export async function run(context: Context): Promise<void> {
  const { options, output, signal } = context;
  const registry = await context.registry({ writes: true });
  const [name, proposal] = context.arguments as [string, string?];
  const alias = options.text("alias") ?? "production";
  const changed = await registry.gates.agree(name, alias, proposal, { signal });
  output.result({ name, alias, ...changed }, changeText(name, alias, changed));
}
