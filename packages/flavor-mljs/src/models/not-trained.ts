import { ModelkeepError } from "@modelkeep/core";

/** The error of a model that was made, and never saw data. */
export function notTrained(className: string): ModelkeepError {
  return new ModelkeepError("unsupported", `[mljs] The ${className} is not trained yet: call train() first`);
}
