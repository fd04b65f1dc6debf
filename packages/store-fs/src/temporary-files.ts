import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { errorCode } from "./file-operations.js";
import type { Folder } from "./folder.js";

/** A temporary file that nobody has written to for so long belongs to a process that ended. */
const abandonedAfter = 24 * 60 * 60 * 1000;

export interface TemporaryFile {
  readonly path: string;
  readonly file: number;
}

/** Where bodies lie until they are complete. */
export class TemporaryFiles {
  /** By this process's clock, which only decides when to look. */
  #cleaned = -Infinity;

  constructor(readonly folder: Folder) {}

  async create(): Promise<TemporaryFile> {
    const path = join(this.folder.temporary, randomUUID());
    let file: number;
    try {
      file = await this.folder.operations.create(path);
    } catch (error) {
      if (errorCode(error) !== "ENOENT") throw error;
      await this.folder.makeFolders(this.folder.temporary);
      file = await this.folder.operations.create(path);
    }
    if (Date.now() - this.#cleaned > abandonedAfter) {
      this.#cleaned = Date.now();
      await this.#clean(file);
    }
    return { path, file };
  }

  /** Removes what crashed writers left. Ages are taken by the file system's clock, against a file made just now. */
  async #clean(file: number): Promise<void> {
    const { operations, temporary } = this.folder;
    try {
      const now = (await operations.facts(file)).modified.getTime();
      for (const { name } of await operations.readFolder(temporary)) {
        const facts = await operations.look(join(temporary, name));
        if (facts?.kind === "file" && now - facts.modified.getTime() > abandonedAfter)
          await operations.remove(join(temporary, name));
      }
    } catch (error) {
      // Another process may be cleaning too; and what cannot be removed is in nobody's way.
      if (errorCode(error) === undefined) throw error;
    }
  }
}
