import { resolve } from "node:path";

import { planModelstore } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { runPlan } from "../import-plan.js";

export async function run(context: Context): Promise<number> {
  return runPlan(
    context,
    await planModelstore(resolve(context.folder, context.arguments[0]!), { states: context.options.flag("states") }),
  );
}
