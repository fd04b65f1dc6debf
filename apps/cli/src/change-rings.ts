import { isModelkeepError } from "@modelkeep/core";
import type { Registry, RingChanged } from "@modelkeep/registry";

import type { Context } from "./context.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";

/** The same change for every model that is named. One that fails does not stop the others; the first failure is the exit code. */
export async function changeRings(
  context: Context,
  change: (registry: Registry, name: string) => Promise<RingChanged>,
): Promise<number> {
  const { output, arguments: names } = context;
  const registry = await context.registry({ writes: true });
  let code: number = exitCodes.ok;
  const results: object[] = [];
  for (const name of names) {
    try {
      const changed = await change(registry, name);
      results.push({ name, ...changed });
      output.line(output.style(changed.state === "in_force" ? "green" : "yellow", ringChangeText(name, changed)));
    } catch (error) {
      if (!isModelkeepError(error) || names.length === 1) throw error;
      const { code: failed, message } = error;
      results.push({ name, error: { code: failed, message } });
      output.line(output.style("red", `${name}: ${message}`));
      if (code === exitCodes.ok) code = exitCodeOf(error);
    }
  }
  output.result(results, "");
  return code;
}

export function ringChangeText(name: string, { state, proposal, missing }: RingChanged): string {
  if (state === "in_force") return `${name}: the signers are changed`;
  const id = proposal!.slice("sha256:".length, 19);
  return `${name}: proposed ${id}; ${missing} more must agree (modelkeep signers agree ${name} ${id})`;
}
