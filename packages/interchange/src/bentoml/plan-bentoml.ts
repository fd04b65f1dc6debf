import { stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";

import { compareCodePoints, ModelkeepError } from "@modelkeep/core";

import { modelName } from "../folder/model-name.js";
import { labelOf } from "../folder/version-name.js";
import { companionRole } from "../model-file.js";
import { filesOfArchive, filesOfFolder, type ModelFiles, refused, rolesOf } from "../model-files.js";
import type { ImportPlan, LeftBehind, PlannedVersion } from "../plan.js";
import { readSource, readText, type Tree } from "../read-tree.js";
import { bentoMain } from "./bento-main.js";
import { type BentoModel, readModelYaml } from "./model-yaml.js";

/** What is made of BentoML's own pointer to the newest version. */
export interface PlanBentomlOptions {
  /** The alias for the version that BentoML calls "latest". Default: none is made. */
  readonly latest?: string | undefined;
}

interface Found {
  readonly model: BentoModel;
  readonly version: PlannedVersion;
  /** The model's name as a folder, for the file `latest` beside the versions. */
  readonly store: string | undefined;
}

/**
 * Plans the import of a BentoML model store (`~/bentoml/models`), of one model in it, or of an exported `.bentomodel` archive.
 * Pickles are never run, `custom_objects.pkl` among them. `not_found` when there is no model.
 */
export async function planBentoml(path: string, options: PlanBentomlOptions = {}): Promise<ImportPlan> {
  const source = resolve(path);
  const left: LeftBehind[] = [];
  const found: Found[] = [];
  const add = async (from: string, store: string | undefined, open: () => Promise<ModelFiles>): Promise<void> => {
    const planned = await open().then(
      (files) => planOne(from, store, files),
      (error: unknown) => refused(from, error),
    );
    if ("reason" in planned) left.push(planned);
    else found.push(planned);
  };
  const archive = await isFile(source);
  if (archive) {
    const planned = await planOne(basename(source), undefined, await archived(source));
    if ("reason" in planned) throw new ModelkeepError("invalid_input", `${source}: ${planned.reason}`);
    found.push(planned);
  } else {
    const tree = await readSource(source);
    // A whole ~/bentoml: what is in bentos/ are services, with copies of models.
    const whole =
      tree.folders.some(({ name }) => name === "bentos") && tree.folders.find(({ name }) => name === "models");
    if (whole) left.push({ path: "bentos", reason: "services, not models" });
    for (const { folder, store } of modelFolders(whole || tree))
      await add(folder.relative === "" ? "." : folder.relative, store, async () => filesOfFolder(folder));
    for (const archive of archives(whole || tree)) await add(archive, undefined, () => archived(join(source, archive)));
  }
  if (found.length === 0 && left.every(({ path: each }) => each === "bentos"))
    throw new ModelkeepError(
      "not_found",
      `${source} holds no BentoML model: a folder with model.yaml, or a .bentomodel archive`,
    );
  const ordered = once(found, left).toSorted(byNameAndAge);
  const latest = options.latest === undefined ? new Set<Found>() : await latestOf(ordered);
  return {
    kind: "BentoML models",
    source,
    versions: ordered.map((each) =>
      latest.has(each) ? { ...each.version, aliases: [options.latest!] } : each.version,
    ),
    left,
  };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    (cause: unknown) => {
      throw new ModelkeepError("not_found", `There is no file or folder ${path}`, { cause });
    },
  );
}

function archived(file: string): Promise<ModelFiles> {
  return filesOfArchive(file, (path) => path === "model.yaml" || path.endsWith("/MLmodel"));
}

/** One version, or why it is left. */
async function planOne(path: string, store: string | undefined, files: ModelFiles): Promise<Found | LeftBehind> {
  const text = await files.read("model.yaml");
  const model = text === undefined ? undefined : readModelYaml(text);
  if (model === undefined)
    return { path, reason: "its model.yaml is missing, cannot be read, or names no model and version", failed: true };
  const main = await bentoMain(files);
  if (main === undefined) return { path, reason: "it holds no file that is known to be a model" };
  const notes = [...files.notes];
  if (files.paths.includes("custom_objects.pkl"))
    notes.push("custom_objects.pkl holds objects of Python: kept as a file, never loaded");
  if (model.created === undefined) notes.push("model.yaml does not tell when it was made: it counts as the oldest");
  return {
    model,
    store,
    version: {
      name: modelName(model.name),
      label: labelOf(model.version),
      from: path,
      files: rolesOf(files, main, companionRole),
      metadata: model.metadata,
      aliases: [],
      notes,
    },
  };
}

/** Folders with model.yaml, at any depth, with the folder that they lie in. */
function modelFolders(tree: Tree, store?: string): { readonly folder: Tree; readonly store: string | undefined }[] {
  if (tree.files.includes("model.yaml")) return [{ folder: tree, store }];
  return tree.folders.flatMap((folder) => modelFolders(folder, tree.path));
}

function archives(tree: Tree): string[] {
  if (tree.files.includes("model.yaml")) return [];
  const prefix = tree.relative === "" ? "" : `${tree.relative}/`;
  const own = tree.files.filter((name) => name.endsWith(".bentomodel")).map((name) => `${prefix}${name}`);
  return [...own, ...tree.folders.flatMap(archives)];
}

/** A version that is there twice, as a folder and as an archive, is imported once. */
function once(found: readonly Found[], left: LeftBehind[]): Found[] {
  const first = new Map<string, Found>();
  for (const each of found) {
    const key = `${each.version.name}@${each.version.label}`;
    const before = first.get(key);
    if (before === undefined) first.set(key, each);
    else left.push({ path: each.version.from, reason: `the same version as ${before.version.from}` });
  }
  return [...first.values()];
}

function byNameAndAge(a: Found, b: Found): number {
  return (
    compareCodePoints(a.version.name, b.version.name) ||
    (a.model.created ?? 0) - (b.model.created ?? 0) ||
    compareCodePoints(a.version.label, b.version.label)
  );
}

/** The version that the file `latest` names; the newest where it names none that is here, as BentoML has it. */
async function latestOf(ordered: readonly Found[]): Promise<ReadonlySet<Found>> {
  const latest = new Map<string, Found>();
  for (const each of ordered) latest.set(each.version.name, each);
  for (const each of ordered) {
    const named = each.store === undefined ? undefined : (await readText(join(each.store, "latest"), 1024))?.trim();
    if (named === each.model.version) latest.set(each.version.name, each);
  }
  return new Set(latest.values());
}
