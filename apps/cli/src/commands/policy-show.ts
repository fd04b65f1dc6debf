import type { Context } from "../context.js";
import { policyText } from "../policy-text.js";

export async function run(context: Context): Promise<void> {
  const { options, output, signal } = context;
  const registry = await context.registry();
  const name = context.arguments[0]!;
  const alias = options.text("alias");
  const all = await registry.gates.policies(name, { signal });
  const held = Object.values(all).filter((each) => alias === undefined || each.alias === alias);
  output.result(held, () =>
    held.length === 0
      ? `No policy holds ${alias === undefined ? `an alias of ${name}` : `${name}@${alias}`}`
      : held.map((each) => policyText(name, each, output)).join("\n"),
  );
}
