import type { Context } from "../context.js";
import { review } from "../review.js";

export function run(context: Context): Promise<void> {
  return review(context, "approve");
}
