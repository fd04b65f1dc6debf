import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Code that Node compiled, for the next start: compiling is most of what a command that looks at records takes. */
interface Compiled {
  readonly bytes: Buffer | undefined;
  keep(bytes: Buffer): void;
}

/** Files that are kept: all commands of a few installations, or the usual ones of many. */
const most = 64;

/**
 * Lets Node keep what it compiles, which it can from 22.1 on. Not in the folder that it would choose: that is shared by all
 * users, and another one could put code there for us.
 */
export function keepCompiled(folder: string | undefined): void {
  const { enableCompileCache } = process.getBuiltinModule("node:module") as {
    enableCompileCache?: (to: string) => void;
  };
  if (folder !== undefined) enableCompileCache?.(process.env["NODE_COMPILE_CACHE"] ?? folder);
}

/**
 * Loads a bundle that is a function, with what was compiled of it the last time. Each command keeps a file (`name`), and each
 * installation its own: a newer version in the same place replaces it.
 */
export function requireCompiled(path: string, name: string, folder: string | undefined): unknown {
  const { Script } = process.getBuiltinModule("node:vm");
  const { size, mtimeMs } = statSync(path);
  const compiled =
    folder === undefined
      ? undefined
      : compiledIn(
          join(folder, `${name}-${process.version}-${process.arch}-${shortHash(path)}`),
          `${path} ${size} ${mtimeMs}`,
        );
  const script = new Script(readFileSync(path, "latin1"), { filename: path, cachedData: compiled?.bytes });
  const module = { exports: {} };
  (script.runInThisContext() as (...given: unknown[]) => void)(
    module.exports,
    createRequire(path),
    module,
    path,
    dirname(path),
    (name: string) => import(name),
  );
  // At the end, when everything that the command needs has been compiled.
  if (compiled !== undefined && (compiled.bytes === undefined || script.cachedDataRejected === true))
    process.once("exit", (code) => code === 0 && compiled.keep(script.createCachedData()));
  return module.exports;
}

/** Says of what it was made in its first line. It is code: one that others may write to is not used. */
function compiledIn(path: string, source: string): Compiled {
  return {
    bytes: readOwn(path, Buffer.from(`${source}\n`)),
    keep(bytes) {
      const temporary = `${path}.${process.pid}`;
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        writeFileSync(temporary, Buffer.concat([Buffer.from(`${source}\n`), bytes]), { flag: "wx", mode: 0o600 });
        renameSync(temporary, path);
        removeOld(dirname(path));
      } catch {
        // A home that can't be written to: the next start compiles again.
      }
    },
  };
}

/** FNV-1a in 32 bits: two paths with the same one compile anew in turns, and nothing worse. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, "0");
}

/** What installations that are gone have left, and what was never finished: all but the newest. */
function removeOld(folder: string): void {
  const files = readdirSync(folder)
    .filter((name) => /^[a-z-]+-v\d/u.test(name))
    .map((name) => ({ path: join(folder, name), modified: statSync(join(folder, name)).mtimeMs }))
    .toSorted((a, b) => b.modified - a.modified);
  for (const { path } of files.slice(most)) rmSync(path, { force: true });
}

function readOwn(path: string, head: Buffer): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, "r");
    const { uid, mode } = fstatSync(file);
    if (process.getuid !== undefined && (uid !== process.getuid() || (mode & 0o022) !== 0)) return undefined;
    const bytes = readFileSync(file);
    return bytes.subarray(0, head.length).equals(head) ? bytes.subarray(head.length) : undefined;
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Where compiled code may be kept, per user; undefined where nothing says, and where it is not wanted. */
export function cacheFolder(): string | undefined {
  if (process.env["NODE_DISABLE_COMPILE_CACHE"] !== undefined) return undefined;
  const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  const parent = [XDG_CACHE_HOME, LOCALAPPDATA].find((each) => each !== undefined && each !== "");
  if (parent !== undefined) return join(parent, "modelkeep");
  return HOME === undefined || HOME === "" ? undefined : join(HOME, ".cache", "modelkeep");
}
