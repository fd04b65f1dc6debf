import type { Context } from "../context.js";
import { requiredReason } from "../reason.js";

export async function run({ arguments: given, options, output, registry: open, signal }: Context): Promise<void> {
  const [reference, hold] = given as [string, string];
  const reason = requiredReason(options, "A hold");
  const releasers = options.list("releaser");
  const registry = await open({ writes: true });
  await registry.retention.hold(reference, hold, { reason, releasers, signal });
  output.result({ reference, hold, reason, releasers }, `${reference} is held by "${hold}": nobody can delete it`);
}
