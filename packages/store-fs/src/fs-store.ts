import { dirname, resolve } from "node:path";
import { checkKey, checkPut, throwIfAborted, type Store } from "@modelkeep/core";
import { errorCode, type FileFacts, type FileOperations } from "./file-operations.js";
import { Folder } from "./folder.js";
import { listFolder } from "./list-folder.js";
import { nodeFileOperations } from "./node-file-operations.js";
import { putObject } from "./put-object.js";
import { storedFile } from "./stored-file.js";
import { TemporaryFiles } from "./temporary-files.js";
import { named } from "./trouble.js";

/** What stands between the store and the disk. */
export interface FsStoreOptions {
  /** The calls to the file system, for tests that let them fail. */
  readonly operations?: FileOperations;
}

/**
 * A store in a folder: every key is a file. What a put has acknowledged survives the end of the process and, as far as
 * the disk keeps its promises, of the power. Any number of processes, also on several machines over NFS, may share the
 * folder. It is made by the first put.
 */
export function fsStore(path: string, { operations = nodeFileOperations }: FsStoreOptions = {}): Store {
  const folder = new Folder(resolve(path), operations);
  const temporaryFiles = new TemporaryFiles(folder);

  const store: Store = {
    name: "fs",
    supports: { putIfAbsent: true, lateKey: true },

    async head(key, options = {}) {
      checkKey(key);
      throwIfAborted(options.signal);
      const found = await named("look at", key, folder.find(key));
      return found && describe(key, found.facts);
    },

    async get(key, options = {}) {
      checkKey(key);
      throwIfAborted(options.signal);
      const found = await named("look at", key, folder.find(key));
      return found && storedFile(operations, found.path, found.facts, describe(key, found.facts), options.range);
    },

    async put(key, body, options = {}) {
      checkPut(store, key, options);
      const name = typeof key === "string" ? key : "an object named late";
      return named("write", name, putObject(temporaryFiles, key, body, options));
    },

    async delete(key, options = {}) {
      checkKey(key);
      throwIfAborted(options.signal);
      await named("delete", key, deleteObject(folder, key));
    },

    list: (prefix, options = {}) => named("list", `the keys under "${prefix}"`, listFolder(folder, prefix, options)),
  };
  return store;
}

function describe(key: string, { size, modified }: FileFacts): { key: string; size: number; modified: Date } {
  return { key, size, modified };
}

async function deleteObject(folder: Folder, key: string): Promise<void> {
  const found = await folder.find(key);
  if (found === undefined) return;
  const parent = dirname(found.path);
  try {
    await folder.operations.remove(found.path);
    await folder.operations.syncFolder(parent);
  } catch (error) {
    // Somebody else removed it meanwhile, perhaps with its folder.
    if (errorCode(error) !== "ENOENT") throw error;
  }
  await folder.removeEmpty(parent);
}
