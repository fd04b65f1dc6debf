import { basename, join, resolve } from "node:path";

import { compareCodePoints, isModelkeepError, ModelkeepError } from "@modelkeep/core";

import { modelName } from "../folder/model-name.js";
import { labelOf } from "../folder/version-name.js";
import { joined } from "../metadata.js";
import { companionRole, shallowest } from "../model-file.js";
import { filesOfArchive, type ModelFiles, rolesOf } from "../model-files.js";
import type { ImportPlan, PlannedVersion } from "../plan.js";
import { descend, readText, readTree, type Tree } from "../read-tree.js";
import { readSummary, type Summary } from "./summary.js";

/** What is made of modelstore's model states. */
export interface PlanModelstoreOptions {
  /** Makes an alias of each model state, for the newest version that is in it. Default: states are only kept as they are. */
  readonly states?: boolean | undefined;
}

const rootName = "operatorai-model-store";
const deleted = "modelstore-deleted";

/**
 * Plans the import of what modelstore keeps on a file system: the folder that it was given, or the `operatorai-model-store` in
 * it. Archives are listed, their models not read. `not_found` when there are no versions.
 */
export async function planModelstore(folder: string, options: PlanModelstoreOptions = {}): Promise<ImportPlan> {
  const source = resolve(folder);
  const tree = await readTree(source, basename(source));
  const root = tree.folders.find(({ name }) => name === rootName) ?? tree;
  const left: { path: string; reason: string }[] = [];
  const found: { readonly summary: Summary; readonly states: readonly string[]; readonly version: PlannedVersion }[] =
    [];
  const folders = versionFolders(root);
  for (const versions of folders) {
    for (const name of idsIn(versions, deleted))
      left.push({ path: `${versions.relative}/${deleted}/${name}`, reason: "deleted in modelstore" });
    for (const name of versions.files.filter((each) => each.endsWith(".json"))) {
      const from = `${versions.relative}/${name}`;
      const summary = readSummary((await readText(join(versions.path, name))) ?? "");
      const states = versions.folders.filter(({ files }) => files.includes(name)).map((state) => state.name);
      const version = summary === undefined ? "it tells of no model" : await planOne(root, summary, states);
      if (typeof version === "string") left.push({ path: from, reason: version });
      else found.push({ summary: summary!, states, version });
    }
  }
  if (found.length === 0 && left.length === 0)
    throw new ModelkeepError(
      "not_found",
      `${source} is no file system of modelstore: a folder with ${rootName}, and versions in it`,
    );
  found.sort(
    (a, b) =>
      compareCodePoints(a.version.name, b.version.name) ||
      compareCodePoints(a.summary.created, b.summary.created) ||
      compareCodePoints(a.summary.id, b.summary.id),
  );
  const newest = new Map<string, PlannedVersion>();
  for (const { states, version } of found) for (const state of states) newest.set(`${version.name}@${state}`, version);
  const aliases = ({ states, version }: (typeof found)[number]) =>
    states.filter((state) => newest.get(`${version.name}@${state}`) === version).map(labelOf);
  return {
    kind: "a file system of modelstore",
    source,
    versions: found.map((each) =>
      options.states === true ? { ...each.version, aliases: aliases(each) } : each.version,
    ),
    left,
  };
}

/** One version; or, in words, why it is left. */
async function planOne(
  root: Tree,
  { domain, id, archive, metadata }: Summary,
  states: readonly string[],
): Promise<PlannedVersion | string> {
  const place = archive === undefined ? undefined : fileIn(root, archive);
  if (place === undefined) return `its archive is not below this folder: ${archive ?? "no path"}`;
  let files: ModelFiles;
  try {
    files = await filesOfArchive(place.file, () => false);
  } catch (error) {
    if (isModelkeepError(error)) return error.message;
    throw error;
  }
  const main = mainOf(files.paths);
  if (main === undefined) return `${archive} holds no file that is known to be a model`;
  return {
    name: modelName(domain),
    label: labelOf(id),
    from: place.relative,
    files: rolesOf(files, main, (path) => (path.startsWith("extras/") ? "attachment" : companionRole(path))),
    metadata: states.length === 0 ? metadata : joined(metadata, { extra: { modelstore: { states: [...states] } } }),
    aliases: [],
    notes: files.notes,
  };
}

/** What modelstore loads, by the names it gives; each before what it writes beside it. */
const mainFiles = [
  "model.onnx",
  "model.joblib",
  "model.xgboost",
  "model.txt",
  "model.cbm",
  "model.keras",
  "model/saved_model.pb",
  "model.pt",
  "checkpoint.pt",
  "learner.pkl",
  "model.pkl",
  "prophet_model.json",
  "model.ann",
  "explainer.joblib",
];

function mainOf(paths: readonly string[]): string | undefined {
  const candidates = paths.filter((path) => path !== "model-info.json" && !path.startsWith("extras/"));
  const known = mainFiles.find((name) => candidates.includes(name)) ?? shallowest(candidates);
  // A file that was uploaded as it was, whatever it is.
  return known ?? (candidates.length === 1 ? candidates[0] : undefined);
}

/** Folders `<domain>/versions`, at any depth: a domain may have a "/" in its name. */
function versionFolders(tree: Tree): Tree[] {
  return tree.folders.flatMap((folder) => (folder.name === "versions" ? [folder] : versionFolders(folder)));
}

function idsIn(versions: Tree, state: string): readonly string[] {
  return versions.folders.find(({ name }) => name === state)?.files ?? [];
}

/** A file of the tree: one that is no link, and lies in it. */
function fileIn(root: Tree, path: string): { readonly file: string; readonly relative: string } | undefined {
  const segments = path.split("/");
  const name = segments.pop()!;
  const folder = descend(root, segments);
  if (folder === undefined || !folder.files.includes(name)) return undefined;
  return { file: join(folder.path, name), relative: `${folder.relative}/${name}` };
}
