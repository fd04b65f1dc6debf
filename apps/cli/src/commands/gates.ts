import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";

export async function run(context: Context): Promise<number> {
  const { output, options, signal } = context;
  const registry = await context.registry();
  const report = await registry.gates.check(context.arguments[0]!, options.text("alias"), { signal });
  output.result(report, () => {
    const { reference, alias, policy, conditions, met } = report;
    if (policy === undefined) return `No policy holds "${alias}": ${reference} may become live there`;
    const rows = conditions.map((each) => [
      each.met ? output.style("green", "met") : output.style("red", "not met"),
      each.condition.replaceAll("_", " "),
      each.message,
    ]);
    const verdict = met
      ? output.style("green", `${reference} may become live as "${alias}"`)
      : output.style("red", `${reference} may not become live as "${alias}"`);
    return rows.length === 0 ? verdict : `${output.table(["", "condition", "asked and found"], rows)}\n${verdict}`;
  });
  return report.met ? exitCodes.ok : exitCodes.negative;
}
