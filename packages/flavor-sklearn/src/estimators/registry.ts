import { composeEntries } from "./compose/entries.js";
import { ensembleEntries } from "./ensemble/entries.js";
import type { Entry } from "./handler.js";
import { linearEntries } from "./linear/entries.js";
import { otherEntries } from "./other-entries.js";
import { preprocessingEntries } from "./preprocessing/entries.js";
import { treeEntries } from "./trees/entries.js";

/** Every class that has an ONNX form here. */
export const estimators: readonly Entry[] = [
  ...composeEntries,
  ...treeEntries,
  ...ensembleEntries,
  ...linearEntries,
  ...otherEntries,
  ...preprocessingEntries,
];

const byPath: ReadonlyMap<string, Entry> = new Map(
  estimators.flatMap((entry) => entry.modules.map((module) => [`${module}.${entry.name}`, entry])),
);

/** By exact module and name; undefined for any other class. */
export function findEstimator(path: string): Entry | undefined {
  return byPath.get(path);
}
