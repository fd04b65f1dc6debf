import { ModelkeepError } from "@modelkeep/core";

import type { StateReader } from "../state-reader.js";

/** Options of trees: numbers and names only. */
export function plainOptions(options: Readonly<Record<string, unknown>> = {}): Record<string, number | string> {
  const plain: Record<string, number | string> = {};
  for (const [name, value] of Object.entries(options)) {
    if (name === "kind" || value === undefined) continue;
    if (typeof value !== "number" && typeof value !== "string")
      throw new ModelkeepError(
        "unsupported",
        `[mljs] The tree option ${name} is a ${typeof value}: only numbers and names can be kept`,
      );
    plain[name] = value;
  }
  return plain;
}

const numberOptions = ["minNumSamples", "maxDepth", "gainThreshold"] as const;

/** The options of a state: only those that ml-cart has. */
export function readOptions(reader: StateReader): Record<string, number | string> {
  const given = reader.record("treeOptions");
  const options: Record<string, number | string> = {};
  for (const name of numberOptions) if (given.has(name)) options[name] = given.number(name);
  if (given.has("gainFunction")) options["gainFunction"] = given.oneOf("gainFunction", "gini", "regression");
  if (given.has("splitFunction")) options["splitFunction"] = given.oneOf("splitFunction", "mean");
  return options;
}
