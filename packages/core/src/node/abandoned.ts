import { randomBytes } from "node:crypto";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";

/** What nobody has written to for so long belongs to a process that ended. */
const abandonedAfter = 24 * 60 * 60 * 1000;

/** Where a file or folder lies, beside its place, until it is complete. */
export function partialOf(path: string): string {
  return join(dirname(path), `${partialPrefix(path)}${randomBytes(8).toString("hex")}.partial`);
}

/** Removes what earlier writers of the same file or folder left that were killed. To be called when `partial` is there: it tells the time. */
export async function removeOtherPartials(path: string, partial: string): Promise<void> {
  const prefix = partialPrefix(path);
  const isAlike = (name: string) =>
    name.startsWith(prefix) && /^[0-9a-f]{16}\.partial$/u.test(name.slice(prefix.length));
  await removeAbandoned(dirname(path), isAlike, partial);
}

/** A folder in the system's temporary one, with all that is in it until it is disposed of. */
export interface TemporaryFolder extends AsyncDisposable {
  readonly path: string;
}

/**
 * Makes `modelkeep-PURPOSE-…` in the system's temporary folder. Those for the same purpose whose processes were killed a day ago or
 * earlier are removed.
 */
export async function temporaryFolder(purpose: string): Promise<TemporaryFolder> {
  const prefix = `modelkeep-${purpose}-`;
  const path = await mkdtemp(join(tmpdir(), `${prefix}${process.pid}-`));
  // Their files may be read for more than a day.
  const isAlike = (name: string) => {
    const [, pid] = (name.startsWith(prefix) && /^(\d+)-\w{6}$/u.exec(name.slice(prefix.length))) || [];
    return pid !== undefined && !isRunning(Number(pid));
  };
  await removeAbandoned(tmpdir(), isAlike, path);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/**
 * Removes from a folder what has such a name, is this user's and has not been written to for a day, by the clock of the file system
 * and with all that is in it: `fresh` was made just now. What can't be removed stays.
 */
export async function removeAbandoned(
  folder: string,
  isAlike: (name: string) => boolean,
  fresh: string,
): Promise<void> {
  const { mtimeMs: now, uid } = await lstat(fresh);
  for (const name of (await readdir(folder)).filter(isAlike)) {
    const path = join(folder, name);
    try {
      if (path !== fresh && (await lastWritten(path, uid)) < now - abandonedAfter)
        await rm(path, { recursive: true, force: true });
    } catch (error) {
      // Others clean up too, and what is left is in nobody's way.
      if ((error as NodeJS.ErrnoException).code === undefined) throw error;
    }
  }
}

/** Whether there is a process of this number here: on this machine, or in this container. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}

/** Of a file, or of the last in a folder. What belongs to others is never old. */
async function lastWritten(path: string, owner: number): Promise<number> {
  const found = await lstat(path);
  if (found.uid !== owner) return Infinity;
  let last = found.mtimeMs;
  if (found.isDirectory())
    for (const name of await readdir(path)) last = Math.max(last, await lastWritten(join(path, name), owner));
  return last;
}

function partialPrefix(path: string): string {
  return `.${basename(path).slice(0, 200)}.`;
}
