import { changePolicies } from "../change-policies.js";
import type { Context } from "../context.js";
import { policyFrom } from "../policy-options.js";

export function run(context: Context): Promise<number> {
  const policy = policyFrom(context);
  return changePolicies(context, (registry, name, alias, options) =>
    registry.gates.setPolicy(name, alias, policy, options),
  );
}
