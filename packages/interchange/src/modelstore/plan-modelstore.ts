import { join, resolve } from "node:path";

import { compareCodePoints, ModelkeepError } from "@modelkeep/core";

import { modelName } from "../folder/model-name.js";
import { labelOf } from "../folder/version-name.js";
import { joined } from "../metadata.js";
import { companionRole, shallowest } from "../model-file.js";
import { filesOfArchive, refused, rolesOf } from "../model-files.js";
import type { ImportPlan, LeftBehind, PlannedVersion } from "../plan.js";
import { descend, readText, readSource, type Tree } from "../read-tree.js";
import { readSummary, type Summary } from "./summary.js";

/** What is made of modelstore's model states. */
export interface PlanModelstoreOptions {
  /** Makes an alias of each model state, for the newest version that is in it. Default: states are only kept as they are. */
  readonly states?: boolean | undefined;
}

interface Planned {
  readonly summary: Summary;
  readonly states: readonly string[];
  readonly version: PlannedVersion;
}

const rootName = "operatorai-model-store";
const deleted = "modelstore-deleted";

/**
 * Plans the import of what modelstore keeps on a file system: the folder that it was given, or the `operatorai-model-store` in
 * it. Archives are listed, their models not read. `not_found` when there are no versions.
 */
export async function planModelstore(folder: string, options: PlanModelstoreOptions = {}): Promise<ImportPlan> {
  const source = resolve(folder);
  const tree = await readSource(source);
  const root = tree.folders.find(({ name }) => name === rootName) ?? tree;
  const left: LeftBehind[] = [];
  const found: Planned[] = [];
  for (const versions of versionFolders(root)) {
    for (const name of versions.folders.find((state) => state.name === deleted)?.files ?? [])
      left.push({ path: `${versions.relative}/${deleted}/${name}`, reason: "deleted in modelstore" });
    for (const name of versions.files.filter((each) => each.endsWith(".json"))) {
      const path = `${versions.relative}/${name}`;
      const states = versions.folders.filter(({ files }) => files.includes(name)).map((state) => state.name);
      const planned = await planOne(root, path, (await readText(join(versions.path, name))) ?? "", states);
      if ("reason" in planned) left.push(planned);
      else found.push(planned);
    }
  }
  if (found.length === 0 && left.length === 0)
    throw new ModelkeepError(
      "not_found",
      `${source} is no file system of modelstore: a folder with ${rootName}, and versions in it`,
    );
  found.sort(byNameAndAge);
  const newest = new Map<string, Planned>();
  for (const each of found) for (const state of each.states) newest.set(`${each.version.name}@${state}`, each);
  const stated = (each: Planned): PlannedVersion => {
    const { version, states } = each;
    if (options.states === true) {
      const own = states.filter((state) => newest.get(`${version.name}@${state}`) === each);
      return { ...version, aliases: own.map(labelOf) };
    }
    if (states.length === 0) return version;
    const note = `in the ${states.length === 1 ? "state" : "states"} ${states.join(" and ")}: kept under extra.modelstore, no alias was made`;
    return { ...version, notes: [...version.notes, note] };
  };
  return { kind: "a file system of modelstore", source, versions: found.map(stated), left };
}

function byNameAndAge(a: Planned, b: Planned): number {
  return (
    compareCodePoints(a.version.name, b.version.name) ||
    compareCodePoints(a.summary.created, b.summary.created) ||
    compareCodePoints(a.summary.id, b.summary.id)
  );
}

/** One version, or why it is left. */
async function planOne(
  root: Tree,
  path: string,
  text: string,
  states: readonly string[],
): Promise<Planned | LeftBehind> {
  const summary = readSummary(text);
  if (summary === undefined) return { path, reason: "it tells of no model", failed: true };
  const { domain, id, archive, metadata } = summary;
  const place = archive === undefined ? undefined : fileIn(root, archive);
  if (place === undefined)
    return { path, reason: `its archive is not below this folder: ${archive ?? "no path"}`, failed: true };
  const files = await filesOfArchive(place.file, () => false).catch((error: unknown) => refused(path, error));
  if ("reason" in files) return files;
  const main = mainOf(files.paths);
  if (main === undefined) return { path, reason: `${archive} holds no file that is known to be a model` };
  const version: PlannedVersion = {
    name: modelName(domain),
    label: labelOf(id),
    from: place.relative,
    files: rolesOf(files, main, (each) => (each.startsWith("extras/") ? "attachment" : companionRole(each))),
    metadata: states.length === 0 ? metadata : joined(metadata, { extra: { modelstore: { states: [...states] } } }),
    aliases: [],
    notes: files.notes,
  };
  return { summary, states, version };
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

/** A file of the tree: one that is no link, and lies in it. */
function fileIn(root: Tree, path: string): { readonly file: string; readonly relative: string } | undefined {
  const segments = path.split("/");
  const name = segments.pop()!;
  const folder = descend(root, segments);
  if (folder === undefined || !folder.files.includes(name)) return undefined;
  return { file: join(folder.path, name), relative: `${folder.relative}/${name}` };
}
