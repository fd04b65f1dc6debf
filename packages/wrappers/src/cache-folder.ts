import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, unlink, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";

/** Only so often is the time of last use written down. */
const touchedEvery = 60_000;
/** What was begun so long ago belongs to a process that has ended. */
const abandonedAfter = 24 * 60 * 60 * 1000;
/** Room is made for more than is needed, so that it need not be made for every object. */
const keptWhenFull = 0.9;

/**
 * Files of a bounded size together, by key. Any number of processes may share the folder: files appear whole, by a rename, and
 * whoever reads one that is removed meanwhile goes on reading it. What was used least recently goes first.
 */
export class CacheFolder {
  readonly #root: string;
  readonly #limit: number;
  /** What was there when it was last looked at, and what was added since. */
  #size: number | undefined;
  #added = 0;

  constructor(root: string, limit: number) {
    this.#root = root;
    this.#limit = limit;
  }

  /** Larger objects would push out everything else. */
  get largest(): number {
    return this.#limit / 2;
  }

  /** The file of a key, opened, and noted as used; `undefined` when there is none. */
  async open(key: string): Promise<{ readonly handle: FileHandle; readonly size: number } | undefined> {
    const path = this.#pathOf(key);
    let handle: FileHandle;
    try {
      handle = await open(path, "r");
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
    try {
      const { size, mtimeMs } = await handle.stat();
      const now = Date.now();
      if (Math.abs(now - mtimeMs) > touchedEvery) await utimes(path, now / 1000, now / 1000).catch(() => undefined);
      return { handle, size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** A file in the making. */
  async begin(): Promise<{ readonly path: string; readonly handle: FileHandle }> {
    const path = join(this.#root, "tmp", randomUUID());
    await mkdir(dirname(path), { recursive: true });
    return { path, handle: await open(path, "wx") };
  }

  /** Gives a file that is complete to a key, once there is room for it. */
  async place(temporary: string, key: string, size: number): Promise<void> {
    await this.#makeRoom(size);
    const path = this.#pathOf(key);
    await mkdir(dirname(path), { recursive: true });
    await rename(temporary, path);
    this.#added += size;
  }

  async abandon(temporary: string): Promise<void> {
    await rm(temporary, { force: true });
  }

  async remove(key: string): Promise<void> {
    await rm(this.#pathOf(key), { force: true });
  }

  #pathOf(key: string): string {
    const name = createHash("sha256").update(key).digest("hex");
    return join(this.#root, "objects", name.slice(0, 2), name);
  }

  /** Others add to the folder too: it is looked at again after some growth of our own. */
  async #makeRoom(needed: number): Promise<void> {
    const known = this.#size !== undefined && this.#added < this.#limit / 16;
    if (known && this.#size! + this.#added + needed <= this.#limit) return;
    const files = await this.#files();
    let size = files.reduce((sum, file) => sum + file.size, 0);
    if (size + needed > this.#limit) {
      for (const file of files.sort((a, b) => a.used - b.used)) {
        if (size + needed <= this.#limit * keptWhenFull) break;
        if (await removed(file.path)) size -= file.size;
      }
    }
    this.#size = size;
    this.#added = 0;
  }

  async #files(): Promise<{ readonly path: string; readonly size: number; readonly used: number }[]> {
    const files = [];
    for (const folder of ["tmp", "objects"]) {
      const names = await readdir(join(this.#root, folder), { recursive: true }).catch((error: unknown) => {
        if (isMissing(error)) return [];
        throw error;
      });
      for (const name of names) {
        const path = join(this.#root, folder, name);
        const found = await stat(path).catch(() => undefined);
        if (found?.isFile() !== true) continue;
        if (folder === "objects") files.push({ path, size: found.size, used: found.mtimeMs });
        else if (Date.now() - found.mtimeMs > abandonedAfter) await removed(path);
      }
    }
    return files;
  }
}

/** One that somebody reads may not be removable, on Windows; one that somebody else removed is gone as well. */
async function removed(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    return isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === "ENOENT";
}
