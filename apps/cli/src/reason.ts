import { ModelkeepError } from "@modelkeep/core";

import type { Options } from "./context.js";

/** The reason of what must not happen without one. */
export function requiredReason(options: Options, what: string): string {
  const reason = options.text("reason");
  if (reason === undefined || reason.trim() === "")
    throw new ModelkeepError("invalid_input", `${what} says why: give --reason "…"`);
  return reason;
}
