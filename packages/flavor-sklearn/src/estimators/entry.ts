import type { Entry, EstimatorFacts, Handler } from "./handler.js";

/** An entry of the registry. `modules` are below `sklearn.`, parted by spaces, the current one first. */
export function entry(
  modules: string,
  name: string,
  handler: Handler,
  exactness: EstimatorFacts["exactness"],
  limits?: string,
): Entry {
  return {
    name,
    modules: modules.split(" ").map((module) => `sklearn.${module}`),
    handler,
    facts: limits === undefined ? { exactness } : { exactness, limits },
  };
}
