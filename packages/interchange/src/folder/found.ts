import { isModelFile } from "../model-file.js";
import type { ImportPlan, PlannedVersion } from "../plan.js";
import type { Tree } from "../read-tree.js";

/** What a reading of one folder found. */
export interface Found {
  readonly versions: readonly PlannedVersion[];
  readonly left: ImportPlan["left"];
}

export function pathOf(tree: Tree, name: string): string {
  return tree.relative === "" ? name : `${tree.relative}/${name}`;
}

/** Files that nothing else accounts for. */
export function leftOver(tree: Tree, taken: ReadonlySet<string>): ImportPlan["left"] {
  return tree.files
    .filter((name) => !taken.has(name))
    .map((name) => ({
      path: pathOf(tree, name),
      reason: isModelFile(name) ? "its name does not say which version of which model it is" : "not a model",
    }));
}
