import { dirname, join } from "node:path";
import { checkKey, ModelkeepError } from "@modelkeep/core";
import { segmentToFileName, temporaryFolder } from "./file-name.js";
import { errorCode, type FileFacts, type FileOperations } from "./file-operations.js";

/** Beyond so many folders that are known to be on the disk, the memory of them starts afresh. */
const mostRemembered = 100_000;

/** The folder of a store: where keys lie in it, and how its sub-folders come and go. */
export class Folder {
  readonly temporary: string;
  /** Folders whose own names are known to be on the disk, with their identity. */
  readonly #durable = new Map<string, string>();

  constructor(
    readonly root: string,
    readonly operations: FileOperations,
  ) {
    this.temporary = join(root, temporaryFolder);
  }

  pathOf(key: string): string {
    return join(
      this.root,
      ...checkKey(key)
        .split("/")
        .map((segment, index) => segmentToFileName(segment, index === 0)),
    );
  }

  /** What lies at a key, if it is an object, reached through real folders only. */
  async find(key: string): Promise<{ readonly path: string; readonly facts: FileFacts } | undefined> {
    const path = this.pathOf(key);
    for (const parent of this.#between(path)) if ((await this.look(parent))?.kind !== "folder") return undefined;
    const facts = await this.look(path);
    return facts?.kind === "file" ? { path, facts } : undefined;
  }

  /** The path of a folder that holds keys, if it is one, reached through real folders only. */
  async findFolder(key: string): Promise<string | undefined> {
    const path = this.pathOf(key);
    for (const each of [...this.#between(path), path]) if ((await this.look(each))?.kind !== "folder") return undefined;
    return path;
  }

  /** As the operation, but nothing lies beneath a file either. */
  async look(path: string): Promise<FileFacts | undefined> {
    try {
      return await this.operations.look(path);
    } catch (error) {
      if (errorCode(error) === "ENOTDIR") return undefined;
      throw error;
    }
  }

  /** Refuses a path that does not lie in real folders: beneath another object, or beyond a link. Missing ones are fine. */
  async checkParents(key: string, path: string): Promise<void> {
    for (const parent of this.#between(path)) {
      const facts = await this.look(parent);
      if (facts === undefined) return;
      if (facts.kind === "file")
        throw new ModelkeepError("invalid_key", `[fs] ${key} lies beneath another key: ${parent} is a file`);
      if (facts.kind === "other")
        throw new ModelkeepError(
          "refused",
          `[fs] ${key} is not written: ${parent} is a link, and the store follows none`,
        );
    }
  }

  async makeFolders(path: string): Promise<void> {
    try {
      await this.operations.makeFolder(path);
    } catch (error) {
      const code = errorCode(error);
      if (code === "EEXIST") return;
      if (code !== "ENOENT" || dirname(path) === path) throw error;
      await this.makeFolders(dirname(path));
      await this.makeFolders(path);
    }
  }

  /**
   * Brings the names in a folder to the disk, and its own name, and so on up to the root. A folder that is known to be
   * there is not asked again: it cannot have been removed and made anew without changing its identity.
   */
  async syncUpwards(path: string): Promise<void> {
    const above = () => (path === this.root ? this.#syncAbove(dirname(path)) : this.syncUpwards(dirname(path)));
    const known = this.#durable.get(path);
    // A new folder is not waited for before its own name is brought to the disk.
    const [{ identity }] = await Promise.all([this.operations.syncFolder(path), known === undefined && above()]);
    if (known === identity) return;
    if (known !== undefined) await above();
    if (this.#durable.size >= mostRemembered) this.#durable.clear();
    this.#durable.set(path, identity);
  }

  /** Removes the folder and those above it as far as they are empty; whoever is about to write there makes them anew. */
  async removeEmpty(path: string): Promise<void> {
    for (let folder = path; folder !== this.root; folder = dirname(folder)) {
      try {
        await this.operations.removeFolder(folder);
      } catch {
        // Not empty, or gone, or not allowed: an empty folder is no object, so it may as well stay.
        return;
      }
    }
  }

  /** The root may be new as well, with folders above it. Where these are not ours to open, others answer for them. */
  async #syncAbove(path: string): Promise<void> {
    try {
      await this.operations.syncFolder(path);
      if (dirname(path) !== path) await this.#syncAbove(dirname(path));
    } catch (error) {
      const code = errorCode(error);
      if (code !== "EACCES" && code !== "EPERM" && code !== "EINVAL" && code !== "ELOOP") throw error;
    }
  }

  /** The folders between the root and a path, from above. */
  #between(path: string): string[] {
    const folders: string[] = [];
    for (let folder = dirname(path); folder !== this.root; folder = dirname(folder)) folders.unshift(folder);
    return folders;
  }
}
