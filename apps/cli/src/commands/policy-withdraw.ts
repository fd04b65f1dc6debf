import type { Context } from "../context.js";

export async function run(context: Context): Promise<void> {
  const { options, output, signal } = context;
  const registry = await context.registry({ writes: true });
  const [name, proposal] = context.arguments as [string, string?];
  const alias = options.text("alias") ?? "production";
  await registry.gates.disagree(name, alias, proposal, { signal });
  output.result({ name, alias, state: "withdrawn" }, `Withdrawn; the policy of ${name}@${alias} stays as it is`);
}
