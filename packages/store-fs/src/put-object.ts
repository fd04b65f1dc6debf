import { dirname } from "node:path";
import { alreadyExists, checkKey, ModelkeepError, readBody, throwIfAborted, type Body } from "@modelkeep/core";
import type { ObjectInfo, PutOptions } from "@modelkeep/core";
import { errorCode, type FileFacts, small } from "./file-operations.js";
import type { Folder } from "./folder.js";
import type { TemporaryFile, TemporaryFiles } from "./temporary-files.js";
import { writeBody } from "./write-body.js";

/** Writers that make and remove the same folders at the same time get in each other's way, but not for so many turns. */
const patience = 100;

/**
 * Writes a temporary file, brings it to the disk, gives it its name in one step, and brings the name to the disk. The
 * steps before the name leave nothing that is visible; an error after it is `unknown_outcome`.
 */
export async function putObject(
  temporaryFiles: TemporaryFiles,
  key: string | (() => string),
  body: Body,
  options: PutOptions,
): Promise<ObjectInfo> {
  const { folder } = temporaryFiles;
  // First of all, for an array is copied by this call.
  const chunks = readBody(body, options);
  if (typeof key === "string") await refuseEarly(folder, key, body, options);
  const temporary = await temporaryFiles.create();
  let renamed = false;
  try {
    let facts: FileFacts;
    try {
      await writeBody(folder.operations, temporary.file, chunks);
      facts = await folder.operations.facts(temporary.file);
    } finally {
      await folder.operations.close(temporary.file);
    }
    const name = typeof key === "string" ? key : checkKey(key());
    throwIfAborted(options.signal);
    await publish(folder, temporary, facts, name, options.if === "absent");
    renamed = options.if !== "absent";
    return { key: name, size: facts.size, modified: facts.modified };
  } finally {
    if (!renamed) await removeQuietly(folder, temporary);
  }
}

/** Saves writing a body that is bound to be refused, unless writing it takes less time than looking. */
async function refuseEarly(folder: Folder, key: string, body: Body, options: PutOptions): Promise<void> {
  const path = folder.pathOf(key);
  const taken = options.if === "absent" && (await folder.look(path))?.kind === "file";
  if (taken || !(body instanceof Uint8Array && body.length <= small)) await folder.checkParents(key, path);
  if (taken) throw alreadyExists("fs", key);
}

async function publish(
  folder: Folder,
  temporary: TemporaryFile,
  facts: FileFacts,
  key: string,
  ifAbsent: boolean,
): Promise<void> {
  const path = folder.pathOf(key);
  for (let turn = 0; ; turn++) {
    if (!(await folder.checkParents(key, path, turn > 0))) await folder.makeFolders(dirname(path));
    try {
      if (ifAbsent) await folder.operations.link(temporary.path, path);
      else await folder.operations.rename(temporary.path, path);
      break;
    } catch (error) {
      const found = await folder.look(path);
      // A file server may have done it, lost its answer, and refused our second asking.
      const written = (await folder.look(temporary.path)) ?? facts;
      if (found?.identity === written.identity) break;
      if (turn >= patience) throw error;
      await makeRoom(folder, key, path, found, ifAbsent, error);
    }
  }
  try {
    await folder.syncUpwards(dirname(path));
  } catch (error) {
    // Gone again with its folder: somebody deleted it, which is an outcome like any other.
    if (errorCode(error) === "ENOENT") return;
    throw new ModelkeepError(
      "unknown_outcome",
      `[fs] ${key} is written, but its folder could not be brought to the disk: after a power failure it may be gone`,
      { cause: error, details: { key } },
    );
  }
}

/** Returns when another turn may succeed. */
async function makeRoom(
  folder: Folder,
  key: string,
  path: string,
  found: FileFacts | undefined,
  ifAbsent: boolean,
  error: unknown,
): Promise<void> {
  const code = errorCode(error);
  if (ifAbsent && (code === "EPERM" || code === "ENOTSUP" || code === "EOPNOTSUPP" || code === "ENOSYS"))
    throw new ModelkeepError(
      "unsupported",
      `[fs] The file system under ${folder.root} has no hard links (${code}), so that nothing can be put if absent`,
      { cause: error },
    );
  if (found?.kind === "folder") {
    try {
      // Left by deletes it is empty, and gives way.
      return await folder.operations.removeFolder(path);
    } catch (cause) {
      if (errorCode(cause) === "ENOENT") return;
      if (errorCode(cause) !== "ENOTEMPTY" && errorCode(cause) !== "EEXIST") throw cause;
      throw new ModelkeepError("invalid_key", `[fs] ${key} is the beginning of other keys: ${path} is a folder`, {
        cause,
      });
    }
  }
  if (ifAbsent && found?.kind === "file") throw alreadyExists("fs", key, error);
  if (ifAbsent && found?.kind === "other")
    throw new ModelkeepError("refused", `[fs] ${key} is not written: ${path} is a link, and the store follows none`);
  if (code === "ENOENT") await folder.makeFolders(dirname(path));
  else if (code !== "EEXIST" && code !== "ENOTDIR") throw error;
}

async function removeQuietly(folder: Folder, temporary: TemporaryFile): Promise<void> {
  try {
    await folder.operations.remove(temporary.path);
  } catch {
    // Renamed, or left for a later process to clean.
  }
}
