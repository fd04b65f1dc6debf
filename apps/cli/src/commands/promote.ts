import type { Registry } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { reportMove } from "../moved.js";
import { progressBar } from "../progress.js";
import { splitReference } from "../reference.js";
import { moveOptions } from "../move-options.js";

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const registry = await context.registry({ withPlugins: true, writes: true });
  const { name, selector } = splitReference(context.arguments[0]!);
  const runtime = options.text("runtime");
  if (!options.flag("override")) await proveAnew(context, registry);
  const bar = progressBar(output, `holding ${name} to its samples`);
  const moved = registry.promote(name, selector, {
    ...moveOptions(context),
    alias: options.text("alias"),
    ...(runtime === undefined ? {} : { runtime }),
  });
  reportMove(await moved.finally(bar.stop), output);
}

/** Where nothing but a recent proof is missing, it is made now, in a process of its own. */
async function proveAnew(context: Context, registry: Registry): Promise<void> {
  const { options, output, signal } = context;
  const reference = context.arguments[0]!;
  const { policy, conditions } = await registry.gates.check(reference, options.text("alias"), { signal });
  const missing = conditions.filter(({ met }) => !met);
  if (policy?.samples === undefined || missing.length === 0) return;
  if (missing.some(({ condition }) => condition !== "samples")) return;
  const envelope = await registry.open(reference, { signal });
  if (envelope.manifest.samples === undefined) return;
  const { where = ["fresh"] } = policy.samples;
  output.note(`The policy asks for a recent proof: ${reference} is held to its samples`);
  const choice = { runtime: options.text("runtime") };
  if (!where.includes("fresh") && where.includes("here")) {
    await registry.verify(reference, { ...choice, signal });
    return;
  }
  const prove = where.includes("fresh")
    ? (await import("../verify-fresh.js")).verifyFresh
    : (await import("../verify-installed.js")).verifyInstalled;
  await registry.recordVerification(reference, await prove(context, envelope, choice), { signal });
}
