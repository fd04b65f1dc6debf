import { resolve } from "node:path";

import { compareCodePoints, ModelkeepError } from "@modelkeep/core";

import type { ImportPlan, PlannedVersion } from "../plan.js";
import { readSource, type Tree } from "../read-tree.js";
import { type Found, pathOf } from "./found.js";
import { treeVersions } from "./version-tree.js";
import { versionedFiles } from "./versioned-files.js";

/**
 * Plans the import of a folder: files such as `churn_v2_2024-01-15.joblib` with a `metadata.json` beside them, or trees such
 * as `models/<symbol>/<version>/model.joblib`. Only names and descriptions are read. `not_found` when it holds neither.
 */
export async function planFolder(folder: string): Promise<ImportPlan> {
  const source = resolve(folder);
  const tree = await readSource(source);
  const found = await planTree(tree);
  if (found.versions.length === 0)
    throw new ModelkeepError(
      "not_found",
      `${source} holds no models that are recognised: files such as churn_v2_2024-01-15.joblib, or folders such as churn/2/model.joblib`,
      { details: { left: found.left.slice(0, 20) } },
    );
  return { kind: "a folder of model files", source, ...found };
}

/** Folders of one model's versions, and files that carry their versions in their names, at any depth. */
async function planTree(tree: Tree): Promise<Found> {
  const own = await versionedFiles(tree);
  const below = await treeVersions(tree);
  const taken = new Set(below.folders);
  const rest = await Promise.all(tree.folders.filter((each) => !taken.has(each)).map(planTree));
  const links = tree.others.map((name) => ({
    path: pathOf(tree, name),
    reason: "a link, a device, or nested too deeply: not followed",
  }));
  return {
    versions: [...own.versions, ...below.versions, ...rest.flatMap((each) => each.versions)].toSorted(byNameAndAge),
    left: [...links, ...own.left, ...below.left, ...rest.flatMap((each) => each.left)],
  };
}

/** Stable, so that the versions of a name stay in the order in which they were found: the oldest first. */
function byNameAndAge(a: PlannedVersion, b: PlannedVersion): number {
  return compareCodePoints(a.name, b.name);
}
