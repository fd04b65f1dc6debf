import { resolve } from "node:path";

import { planBentoml } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { runPlan } from "../import-plan.js";

export async function run(context: Context): Promise<number> {
  return runPlan(
    context,
    await planBentoml(resolve(context.folder, context.arguments[0]!), { latest: context.options.text("latest") }),
  );
}
