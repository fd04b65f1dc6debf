import type { Context } from "../context.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const [reference, hold] = given as [string, string];
  const registry = await open({ writes: true });
  await registry.retention.release(reference, hold, { reason: options.text("reason"), signal });
  output.result({ reference, hold }, `${reference} is no longer held by "${hold}"`);
}
