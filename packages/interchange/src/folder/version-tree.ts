import { join } from "node:path";

import { joined, readMetadata } from "../metadata.js";
import { companionRole, mainFile } from "../model-file.js";
import type { PlannedVersion } from "../plan.js";
import { allFiles, linkNotes, type Tree } from "../read-tree.js";
import { type Descriptions, readDescriptions } from "./descriptions.js";
import { modelName } from "./model-name.js";
import { compareVersionNames, type VersionName, versionName } from "./version-name.js";
import type { Found } from "./found.js";

/** `<model>/<version>/model.joblib`: folders of a tree that are versions of the model that it is called after. */
export async function treeVersions(tree: Tree): Promise<Found & { readonly folders: readonly Tree[] }> {
  const named = tree.folders
    .flatMap((folder) => {
      const version = versionName(folder.name);
      const main = mainFile(folder.files);
      return version === undefined || main === undefined ? [] : [{ folder, version, main }];
    })
    .toSorted((a, b) => compareVersionNames(a.version, b.version));
  if (named.length === 0) return { versions: [], left: [], folders: [] };
  const shared = await readDescriptions(tree);
  const versions = await Promise.all(
    named.map(({ folder, version, main }) => planned(tree, folder, version, main, shared)),
  );
  return { versions, left: [], folders: named.map(({ folder }) => folder) };
}

async function planned(
  tree: Tree,
  folder: Tree,
  version: VersionName,
  main: string,
  shared: Descriptions,
): Promise<PlannedVersion> {
  const own = await readDescriptions(folder);
  const said = [shared.common, shared.of(version, main) ?? {}, own.common, own.of(version, main) ?? {}].map(
    readMetadata,
  );
  const files = allFiles(folder).filter((path) => path !== main && !own.files.includes(path));
  const active = shared.isActive(version, folder.name) || own.isActive(version, main);
  return {
    name: modelName(tree.name),
    label: version.label,
    from: folder.relative,
    files: [
      { file: join(folder.path, main), path: main, role: "model" },
      ...files.map((path) => ({ file: join(folder.path, path), path, role: companionRole(path) })),
    ],
    metadata: said.reduce(joined),
    aliases: active ? ["production"] : [],
    notes: linkNotes(folder),
  };
}
