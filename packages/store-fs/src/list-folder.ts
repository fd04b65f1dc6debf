import { join } from "node:path";
import { checkPrefix, compareCodePoints, groupEntry, groupOf, isKey, throwIfAborted } from "@modelkeep/core";
import type { ListEntry, ListOptions } from "@modelkeep/core";
import { fileNameToSegment } from "./file-name.js";
import { errorCode, type FolderEntry } from "./file-operations.js";
import type { Folder } from "./folder.js";

/** One name in a folder: an object, or a folder whose `key` ends in "/" and begins the keys beneath it. */
interface Name {
  readonly key: string;
  readonly path: string;
  readonly isFolder: boolean;
}

type Wanted = (key: string, isFolder: boolean) => boolean;

/** Files that are looked at side by side, after the first few: who wants only these should not wait. */
const mostAtOnce = 64;

/**
 * Walks the folders in the order of whole keys, each read when its turn comes. A folder sorts as its name with "/", and so
 * "a-b" comes before what lies in "a".
 */
export async function* listFolder(
  folder: Folder,
  prefix: string,
  { after, delimiter, signal }: ListOptions,
): AsyncGenerator<ListEntry, void, undefined> {
  checkPrefix(prefix);
  let group: string | undefined;
  const wanted = (key: string, isFolder: boolean): boolean =>
    (key.startsWith(prefix) || (isFolder && prefix.startsWith(key))) &&
    (after === undefined || compareCodePoints(key, after) > 0 || (isFolder && after.startsWith(key))) &&
    !(group !== undefined && key.startsWith(group));

  throwIfAborted(signal);
  const waiting = await whereToBegin(folder, prefix);
  for (let atOnce = 4; waiting.length > 0; throwIfAborted(signal)) {
    const next = waiting.at(-1)!;
    if (next.isFolder) {
      waiting.pop();
      if (next.key === "" || wanted(next.key, true))
        waiting.push(...(await readNames(folder, next.path, next.key, wanted)).reverse());
      continue;
    }
    const found = groupOf(next.key, prefix, delimiter);
    if (found !== undefined) {
      // One file tells that the group is there: nothing else of it is looked at.
      group = found;
      const inGroup = ({ key }: Name) => key.startsWith(found);
      while (waiting.length > 0 && inGroup(waiting.at(-1)!)) waiting.pop();
      if (after === undefined || compareCodePoints(found, after) > 0) yield groupEntry(found);
      continue;
    }
    const files = takeFiles(waiting, atOnce, ({ key }) => groupOf(key, prefix, delimiter) === undefined);
    atOnce = Math.min(atOnce * 2, mostAtOnce);
    for (const entry of await lookAt(folder, files)) {
      yield entry;
      throwIfAborted(signal);
    }
  }
}

/** The folder that all keys with this prefix lie in: those above may hold many thousands of others. */
async function whereToBegin(folder: Folder, prefix: string): Promise<Name[]> {
  const at = prefix.lastIndexOf("/");
  if (at < 0) return [{ key: "", path: folder.root, isFolder: true }];
  const path = await folder.findFolder(prefix.slice(0, at));
  return path === undefined ? [] : [{ key: prefix.slice(0, at + 1), path, isFolder: true }];
}

/** The wanted names of one folder, sorted. */
async function readNames(folder: Folder, path: string, parent: string, wanted: Wanted): Promise<Name[]> {
  const isRoot = parent === "";
  const names: Name[] = [];
  for (const entry of await readFolder(folder, path)) {
    const segment = fileNameToSegment(entry.name, isRoot);
    // Others may have put files here whose names are no keys: with a line break, say.
    if (segment === undefined || !isKey(segment)) continue;
    const kind = entry.kind === "unknown" ? (await folder.look(join(path, entry.name)))?.kind : entry.kind;
    if (kind !== "file" && kind !== "folder") continue;
    const isFolder = kind === "folder";
    const key = parent + segment + (isFolder ? "/" : "");
    if (wanted(key, isFolder)) names.push({ key, path: join(path, entry.name), isFolder });
  }
  return names.sort((a, b) => compareCodePoints(a.key, b.key));
}

/** A folder that is not there has nothing in it. */
async function readFolder(folder: Folder, path: string): Promise<FolderEntry[]> {
  try {
    return await folder.operations.readFolder(path);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw error;
  }
}

function takeFiles(waiting: Name[], most: number, wanted: (name: Name) => boolean): Name[] {
  const files: Name[] = [];
  for (let next = waiting.at(-1); next !== undefined && files.length < most; next = waiting.at(-1)) {
    if (next.isFolder || !wanted(next)) break;
    files.push(waiting.pop()!);
  }
  return files;
}

async function lookAt(folder: Folder, files: readonly Name[]): Promise<ListEntry[]> {
  const all = await Promise.all(files.map(({ path }) => folder.look(path)));
  return all.flatMap((facts, index) =>
    facts?.kind === "file" ? [{ key: files[index]!.key, size: facts.size, modified: facts.modified }] : [],
  );
}
