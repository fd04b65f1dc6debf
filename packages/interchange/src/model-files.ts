import { join } from "node:path";

import { collect, isModelkeepError } from "@modelkeep/core";

import { readArchive } from "./archive.js";
import type { LeftBehind, PlannedFile } from "./plan.js";
import { allFiles, linkNotes, readText, type Tree } from "./read-tree.js";

/** What lies in the folder of one model, or in the archive of one. */
export interface ModelFiles {
  /** Relative, "/"-separated. */
  readonly paths: readonly string[];
  /** What is left of it, and why. */
  readonly notes: readonly string[];
  /** A file that is text; undefined when there is none. */
  read(path: string): Promise<string | undefined>;
  /** Where a file lies. */
  where(path: string): Pick<PlannedFile, "file" | "archive">;
}

export function filesOfFolder(tree: Tree): ModelFiles {
  return {
    paths: allFiles(tree),
    notes: linkNotes(tree),
    read: (path) => readText(join(tree.path, path)),
    where: (path) => ({ file: join(tree.path, path) }),
  };
}

/** A model that should come over, and whose files cannot be read. */
export function refused(path: string, error: unknown): LeftBehind {
  if (!isModelkeepError(error)) throw error;
  return { path, reason: error.message, failed: true };
}

const mostText = 4 << 20;

/** From one pass over the archive, in which the texts are read that a plan needs. Hidden files are left out, as in folders. */
export async function filesOfArchive(archive: string, isText: (path: string) => boolean): Promise<ModelFiles> {
  const paths: string[] = [];
  const notes: string[] = [];
  const texts = new Map<string, string>();
  for await (const { path, type, size, body } of readArchive(archive)) {
    if (path.split("/").some((segment) => segment.startsWith("."))) continue;
    if (type === "link" || type === "device") notes.push(`${path} is a ${type}: not followed`);
    if (type !== "file") continue;
    paths.push(path);
    if (isText(path) && size <= mostText) texts.set(path, new TextDecoder().decode(await collect(body)));
  }
  return {
    paths,
    notes,
    read: async (path) => texts.get(path),
    where: (path) => ({ file: path, archive }),
  };
}

/** Files that belong to a model and say more of it. */
const besides: ReadonlyMap<string, string> = new Map([
  ["custom_objects.pkl", "python-objects"],
  ["model.yaml", "bentoml"],
  ["model-info.json", "modelstore"],
]);

/** The files of one model with what each is for, the main one first. A SavedModel of TensorFlow is several files. */
export function rolesOf(files: ModelFiles, main: string, roleOf: (path: string) => string): PlannedFile[] {
  const folder = /^(.*\/)?saved_model\.pb$/u.exec(main);
  const part = (path: string) =>
    folder !== null &&
    path.startsWith(folder[1] ?? "") &&
    /^((variables|assets(\.extra)?)\/.+|[^/]+\.pb)$/u.test(path.slice((folder[1] ?? "").length));
  const role = (path: string) =>
    path === main ? "model" : (besides.get(path) ?? (part(path) ? "external-data" : roleOf(path)));
  const paths = [main, ...files.paths.filter((path) => path !== main)];
  return paths.map((path) => ({ ...files.where(path), path, role: role(path) }));
}
