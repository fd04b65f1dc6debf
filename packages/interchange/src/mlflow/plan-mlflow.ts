import { join, resolve } from "node:path";

import { compareCodePoints, type JsonObject, ModelkeepError } from "@modelkeep/core";
import type { Metadata } from "@modelkeep/registry";

import { modelName } from "../folder/model-name.js";
import { joined } from "../metadata.js";
import type { ImportPlan, PlannedFile, PlannedVersion } from "../plan.js";
import { allFiles, linkNotes, readText, readSource, type Tree } from "../read-tree.js";
import { type MlflowModel, readExample, readMlmodel } from "./model-file.js";
import { registeredVersions } from "./registered.js";
import { signatureOf } from "./signature.js";

/**
 * Plans the import of MLflow models: a model folder (with an `MLmodel` file), a folder of such folders, or a file store
 * (`mlruns`) with its registered models, their aliases and the metrics of their runs. Pickles are never run.
 */
export async function planMlflow(
  folder: string,
  options: { readonly name?: string | undefined } = {},
): Promise<ImportPlan> {
  const source = resolve(folder);
  const tree = await readSource(source);
  const registered = await registeredVersions(tree, (model) => planModel(model));
  if (registered !== undefined) return { kind: "an MLflow registry", source, ...registered };
  const folders = modelFolders(tree);
  if (folders.length === 0)
    throw new ModelkeepError("not_found", `${source} holds no MLflow model: a folder with a file MLmodel`);
  const counts = new Map<string, number>();
  const versions: PlannedVersion[] = [];
  for (const each of folders) {
    const planned = await planModel(each);
    if (planned === undefined) continue;
    const name = options.name ?? modelName(each.name === "model" || each.name === "artifacts" ? tree.name : each.name);
    const number = (counts.get(name) ?? 0) + 1;
    counts.set(name, number);
    versions.push({ ...planned, name, label: `v${number}` });
  }
  const unread = folders.length - versions.length;
  const left =
    unread === 0 ? [] : [{ path: ".", reason: `${unread} MLmodel files that cannot be read, or name no model` }];
  return {
    kind: "MLflow models",
    source,
    versions: versions.toSorted((a, b) => compareCodePoints(a.name, b.name)),
    left,
  };
}

/** A SavedModel of TensorFlow is several files, and one model. */
function modelPart(path: string, own: readonly string[]): string {
  const graph = own.find((each) => each === "saved_model.pb" || each.endsWith("/saved_model.pb"));
  return graph === undefined || path === graph ? "model" : "external-data";
}

function modelFolders(tree: Tree): Tree[] {
  return tree.files.includes("MLmodel") ? [tree] : tree.folders.flatMap(modelFolders);
}

/** One model folder, without what only its place can tell: its name and version. */
async function planModel(tree: Tree): Promise<Omit<PlannedVersion, "name" | "label"> | undefined> {
  const model = await readMlmodel(tree.path);
  if (model?.main === undefined) return undefined;
  const { main } = model;
  const paths = allFiles(tree);
  const own = paths.filter((path) => path === main.path || path.startsWith(`${main.path}/`));
  if (own.length === 0) return undefined;
  const files: PlannedFile[] = [
    ...own.map((path) => ({ file: join(tree.path, path), path, role: modelPart(path, own) })),
    // What MLflow needs to load it again; "mlflow/" keeps it apart from the model.
    ...paths
      .filter((path) => !own.includes(path))
      .map((path) => ({ file: join(tree.path, path), path: `mlflow/${path}`, role: "mlflow" })),
  ];
  const examples = model.examplePath === undefined ? undefined : await readExample(tree.path, model.examplePath);
  const notes = linkNotes(tree);
  if (model.examplePath !== undefined && examples === undefined) notes.push(`${model.examplePath} holds no rows`);
  return {
    from: tree.relative === "" ? "." : tree.relative,
    files,
    metadata: await metadataOf(tree, model, notes),
    aliases: [],
    ...(examples !== undefined && { examples }),
    notes,
  };
}

async function metadataOf(tree: Tree, model: MlflowModel, notes: string[]): Promise<Metadata> {
  const requirements = requirementsOf((await readText(join(tree.path, "requirements.txt"), 1 << 20)) ?? "");
  const { main, run, signature, created, mlflowVersion } = model;
  // A model that is run here tells its own signature: that of the ONNX made of it, not of its Python wrapper.
  const runs = main?.flavor === "onnx" || main?.flavor === "sklearn";
  const ours = signature === undefined || runs ? undefined : signatureOf(signature);
  if (signature !== undefined && !runs && ours === undefined)
    notes.push("its signature has types that only MLflow has: it is kept under extra.mlflow");
  const facts: JsonObject = {
    ...(mlflowVersion !== undefined && { version: mlflowVersion }),
    ...(created !== undefined && { created }),
    flavors: Object.keys(model.flavors),
    ...(signature !== undefined && { signature: { ...signature } }),
  };
  return joined(
    { extra: { mlflow: { ...facts } } },
    {
      ...(run !== undefined && { source: { run } }),
      ...(requirements.length > 0 && { requirements }),
      ...(ours !== undefined && { signature: ours }),
    },
  );
}

/** "scikit-learn==1.9.1" lines; others say no version and stay in the file. */
function requirementsOf(text: string): NonNullable<Metadata["requirements"]> {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)/u.exec(line);
    return match === null ? [] : [{ ecosystem: "pypi" as const, name: match[1]!, version: match[2]! }];
  });
}
