import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Code that Node compiled, for the next start: compiling is most of what a command that looks at records takes. */
interface Compiled {
  readonly bytes: Buffer | undefined;
  keep(bytes: Buffer): void;
}

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

/** Loads a bundle that is a function, with what was compiled of it the last time; each command keeps a file (`name`). */
export function requireCompiled(path: string, name: string, folder: string | undefined): unknown {
  const { Script } = process.getBuiltinModule("node:vm");
  const { size, mtimeMs } = statSync(path);
  const compiled =
    folder === undefined
      ? undefined
      : compiledIn(join(folder, `${name}-${process.version}-${process.arch}`), `${path} ${size} ${mtimeMs}`);
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
      } catch {
        // A home that can't be written to: the next start compiles again.
      }
    },
  };
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
