import { resolve } from "node:path";

import { planFolder } from "@modelkeep/interchange";

import type { Context } from "../context.js";
import { runPlan } from "../import-plan.js";

export async function run(context: Context): Promise<number> {
  return runPlan(context, await planFolder(resolve(context.folder, context.arguments[0]!)));
}
