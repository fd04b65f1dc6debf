import { isModelkeepError } from "@modelkeep/core";
import type { PolicyChange, PolicyOptions, Registry } from "@modelkeep/registry";

import type { Context } from "./context.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";
import { changeText } from "./policy-text.js";

/** The same change for every model that is named. One that fails does not stop the others; the first failure is the exit code. */
export async function changePolicies(
  context: Context,
  change: (registry: Registry, name: string, alias: string, options: PolicyOptions) => Promise<PolicyChange>,
): Promise<number> {
  const { options, output, signal, arguments: names } = context;
  const registry = await context.registry({ writes: true });
  const alias = options.text("alias") ?? "production";
  let code: number = exitCodes.ok;
  const results: object[] = [];
  for (const name of names) {
    try {
      const changed = await change(registry, name, alias, { reason: options.text("reason"), signal });
      results.push({ name, alias, ...changed });
      output.line(output.style(changed.state === "in_force" ? "green" : "yellow", changeText(name, alias, changed)));
    } catch (error) {
      if (!isModelkeepError(error) || names.length === 1) throw error;
      const { code: failed, message } = error;
      results.push({ name, alias, error: { code: failed, message } });
      output.line(output.style("red", `${name}: ${message}`));
      if (code === exitCodes.ok) code = exitCodeOf(error);
    }
  }
  output.result(results, "");
  return code;
}
