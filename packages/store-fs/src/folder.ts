import { dirname, join } from "node:path";
import { checkKey, ModelkeepError } from "@modelkeep/core";
import { segmentToFileName, temporaryFolder } from "./file-name.js";
import { errorCode, type FileFacts, type FileOperations } from "./file-operations.js";

/** Beyond so many folders that are known to be on the disk, the memory of them starts afresh. */
const mostRemembered = 100_000;
/** For so many milliseconds a folder that was looked at is not looked at again. */
const moment = 20;

/** The folder of a store: where keys lie in it, and how its sub-folders come and go. */
export class Folder {
  readonly temporary: string;
  /** Folders whose own names are known to be on the disk, with their identity. */
  readonly #durable = new Map<string, string>();
  /** Paths that were folders, and no links, a moment ago. */
  readonly #seen = new Set<string>();
  #seenSince = 0;

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
    // First of all, since what is asked for is often missing.
    const facts = await this.look(path);
    return facts?.kind === "file" && (await this.#isReal(path)) ? { path, facts } : undefined;
  }

  /** The path of a folder that holds keys, if it is one, reached through real folders only. */
  async findFolder(key: string): Promise<string | undefined> {
    const path = this.pathOf(key);
    return (await this.look(path))?.kind === "folder" && (await this.#isReal(path)) ? path : undefined;
  }

  /** Whether everything between the root and a path is a folder, and none a link to one. */
  async #isReal(path: string): Promise<boolean> {
    for (const parent of this.#between(path)) {
      if (this.#justSeen(parent)) continue;
      if ((await this.look(parent))?.kind !== "folder") return false;
      this.#seen.add(parent);
    }
    return true;
  }

  /** Whoever puts a link in its place so soon could as well do it between a look and what follows it. */
  #justSeen(path: string): boolean {
    const now = performance.now();
    if (now - this.#seenSince > moment) {
      this.#seen.clear();
      this.#seenSince = now;
    }
    return this.#seen.has(path);
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

  /**
   * Refuses a path that does not lie in real folders: beneath another object, or beyond a link. Missing ones are fine;
   * resolves to whether there are none. With `again`, what was seen a moment ago does not count.
   */
  async checkParents(key: string, path: string, again = false): Promise<boolean> {
    for (const parent of this.#between(path)) {
      if (!again && this.#justSeen(parent)) continue;
      const facts = await this.look(parent);
      if (facts === undefined) return false;
      if (facts.kind === "file")
        throw new ModelkeepError("invalid_key", `[fs] ${key} lies beneath another key: ${parent} is a file`);
      if (facts.kind === "other")
        throw new ModelkeepError(
          "refused",
          `[fs] ${key} is not written: ${parent} is a link, and the store follows none`,
        );
      this.#seen.add(parent);
    }
    return true;
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
