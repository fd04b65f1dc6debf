import { changePolicies } from "../change-policies.js";
import type { Context } from "../context.js";

export function run(context: Context): Promise<number> {
  return changePolicies(context, (registry, name, alias, options) => registry.gates.removePolicy(name, alias, options));
}
