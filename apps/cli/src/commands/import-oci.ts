import { resolve } from "node:path";

import { planOci } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { runPlan } from "../import-plan.js";

export async function run(context: Context): Promise<number> {
  const { options } = context;
  const plan = await planOci(resolve(context.folder, context.arguments[0]!), {
    name: options.text("name"),
    ref: options.text("ref"),
  });
  return runPlan(context, plan);
}
