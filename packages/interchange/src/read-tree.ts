import { open, readdir, stat } from "node:fs/promises";
import { basename, join } from "node:path";

import {
  compareCodePoints,
  isJsonObject,
  isModelkeepError,
  type JsonObject,
  ModelkeepError,
  parseJson,
} from "@modelkeep/core";

/** A folder: names of its files, and its folders. Links and devices are never followed. */
export interface Tree {
  /** Absolute. */
  readonly path: string;
  /** Relative to where the walk began; "" there. */
  readonly relative: string;
  readonly name: string;
  readonly files: readonly string[];
  readonly folders: readonly Tree[];
  /** Names of what is neither. */
  readonly others: readonly string[];
}

const deepest = 12;
const jsonLimit = 16 << 20;

/** The folder that somebody named, whole. */
export async function readSource(path: string): Promise<Tree> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ModelkeepError("not_found", `There is no folder ${path}`, { cause });
  });
  if (!found.isDirectory()) throw new ModelkeepError("invalid_input", `${path} is a file, not a folder`);
  return readTree(path, basename(path));
}

async function readTree(path: string, name: string, relative = "", depth = 0): Promise<Tree> {
  const entries = (await readdir(path, { withFileTypes: true })).toSorted((a, b) => compareCodePoints(a.name, b.name));
  const visible = entries.filter((entry) => !entry.name.startsWith("."));
  const folders: Tree[] = [];
  for (const entry of visible)
    if (entry.isDirectory() && depth < deepest)
      folders.push(
        await readTree(
          join(path, entry.name),
          entry.name,
          relative === "" ? entry.name : `${relative}/${entry.name}`,
          depth + 1,
        ),
      );
  return {
    path,
    relative,
    name,
    files: visible.filter((entry) => entry.isFile()).map((entry) => entry.name),
    folders,
    others: visible
      .filter((entry) => !entry.isFile() && !(entry.isDirectory() && depth < deepest))
      .map((entry) => entry.name),
  };
}

/** A file's text; undefined when there is none, it is too large, or not UTF-8. */
export async function readText(path: string, limit = jsonLimit): Promise<string | undefined> {
  let file;
  try {
    file = await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    if (size > limit) return undefined;
    const bytes = await file.readFile();
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** A JSON object from a file; undefined when it holds none. */
export async function readRecord(path: string): Promise<JsonObject | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  try {
    const value = parseJson(new TextEncoder().encode(text), { what: path });
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    if (isModelkeepError(error)) return undefined;
    throw error;
  }
}

export function child(tree: Tree, name: string): Tree | undefined {
  return tree.folders.find((folder) => folder.name === name);
}

/** The folder that these names lead to; empty ones lead nowhere else. */
export function descend(tree: Tree, names: readonly string[]): Tree | undefined {
  let at: Tree | undefined = tree;
  for (const name of names) at = at === undefined || name === "" ? at : child(at, name);
  return at;
}

/** What of a folder is left where it is. */
export function linkNotes(tree: Tree): string[] {
  return tree.others.map((name) => `${name} is a link or a device: not followed`);
}

/** Every file below, as paths relative to the tree. */
export function allFiles(tree: Tree, prefix = ""): string[] {
  return [
    ...tree.files.map((file) => `${prefix}${file}`),
    ...tree.folders.flatMap((folder) => allFiles(folder, `${prefix}${folder.name}/`)),
  ];
}
