import { join, resolve } from "node:path";

import { ModelkeepError } from "@modelkeep/core";

import { modelName } from "./folder/model-name.js";
import { readMetadata } from "./metadata.js";
import { companionRole, isDescription, mainFile } from "./model-file.js";
import type { ImportPlan, PlannedVersion } from "./plan.js";
import { allFiles, linkNotes, readRecord, readSource, type Tree } from "./read-tree.js";

/**
 * Plans the import of Weights & Biases artifacts as `artifact.download()` leaves them: folders called `name:v3` (`name-v3`
 * on Windows), or a folder of such folders. What the web service knows of them (metrics, lineage) is not in such a folder.
 */
export async function planWandb(folder: string): Promise<ImportPlan> {
  const source = resolve(folder);
  const tree = await readSource(source);
  const own = versionOf(tree);
  const folders = own === undefined ? tree.folders.filter((each) => versionOf(each) !== undefined) : [tree];
  const versions: PlannedVersion[] = [];
  const left: { path: string; reason: string }[] = [];
  for (const each of folders) {
    const planned = await planArtifact(each);
    if (planned === undefined)
      left.push({ path: each.relative === "" ? "." : each.relative, reason: "it holds no model file" });
    else versions.push(planned);
  }
  if (versions.length === 0)
    throw new ModelkeepError(
      "not_found",
      `${source} is no downloaded artifact of Weights & Biases: a folder such as churn:v3`,
    );
  const number = ({ label }: PlannedVersion) => Number(label.slice(1));
  return {
    kind: "Weights & Biases artifacts",
    source,
    versions: versions.toSorted((a, b) => (a.name === b.name ? number(a) - number(b) : a.name < b.name ? -1 : 1)),
    left,
  };
}

function versionOf(tree: Tree): { readonly name: string; readonly number: string } | undefined {
  const match = /^(.+)[:-]v(\d+)$/u.exec(tree.name);
  return match === null ? undefined : { name: match[1]!, number: match[2]! };
}

async function planArtifact(tree: Tree): Promise<PlannedVersion | undefined> {
  const { name, number } = versionOf(tree)!;
  const main = mainFile(tree.files);
  if (main === undefined) return undefined;
  const described = tree.files.filter(isDescription);
  const records = await Promise.all(described.map((file) => readRecord(join(tree.path, file))));
  const rest = allFiles(tree).filter((path) => path !== main);
  return {
    name: modelName(name),
    label: `v${number}`,
    from: tree.relative === "" ? tree.name : tree.relative,
    files: [
      { file: join(tree.path, main), path: main, role: "model" },
      ...rest.map((path) => ({ file: join(tree.path, path), path, role: companionRole(path) })),
    ],
    metadata: readMetadata(Object.assign({}, ...records)),
    aliases: [],
    notes: linkNotes(tree),
  };
}
