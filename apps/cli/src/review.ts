import type { Context } from "./context.js";

const done = { approve: "is approved", disapprove: "is objected to", withdraw: "nothing said of it any more" } as const;

/** Says something of a version, as the one who acts. */
export async function review(context: Context, verb: keyof typeof done): Promise<void> {
  const { options, output, signal } = context;
  const registry = await context.registry({ writes: true });
  const alias = options.text("alias");
  const reviewed = await registry.gates[verb](context.arguments[0]!, { alias, reason: options.text("reason"), signal });
  const { reference, digest } = reviewed;
  const where = alias === undefined ? "" : ` for ${alias}`;
  output.result(reviewed, `${reference}${verb === "withdraw" ? ": " : " "}${done[verb]}${where}  ${digest}`);
}
