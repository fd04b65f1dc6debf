import { resolve } from "node:path";

import { planMlflow } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { runPlan } from "../import-plan.js";

export async function run(context: Context): Promise<number> {
  return runPlan(
    context,
    await planMlflow(resolve(context.folder, context.arguments[0]!), { name: context.options.text("name") }),
  );
}
