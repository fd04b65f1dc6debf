import type { Context } from "../context.js";

export async function run(context: Context): Promise<void> {
  const { output, signal } = context;
  const registry = await context.registry({ writes: true });
  const [name, proposal] = context.arguments as [string, string?];
  await registry.signers.disagree(name, proposal, { signal });
  output.result({ name, state: "withdrawn" }, `Withdrawn; the signers of ${name} stay as they are`);
}
