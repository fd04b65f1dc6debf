import { ringChangeText } from "../change-rings.js";
import type { Context } from "../context.js";

export async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const registry = await context.registry({ writes: true });
  const [name, proposal] = context.arguments as [string, string?];
  const changed = await registry.signers.agree(name, proposal, { signal });
  output.result({ name, ...changed }, ringChangeText(name, changed));
}
