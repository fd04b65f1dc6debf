import { resolve } from "node:path";

import { planWandb } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { runPlan } from "../import-plan.js";

export async function run(context: Context): Promise<number> {
  return runPlan(context, await planWandb(resolve(context.folder, context.arguments[0]!)));
}
