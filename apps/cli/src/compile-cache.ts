import { closeSync, fstatSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** Code that Node compiled, for the next start: compiling is most of what a command that looks at records takes. */
interface Compiled {
  readonly bytes: Buffer | undefined;
  keep(bytes: Buffer): void;
}

/**
 * Where compiled code may be kept; undefined when there is nothing more to do. From Node 22.1 on Node keeps it, once it is
 * told a folder. Not the one it would choose: that is shared by all users, and another one could put code there for us.
 */
export function keepCompiled(): string | undefined {
  const folder = process.env["NODE_DISABLE_COMPILE_CACHE"] === undefined ? cacheFolder() : undefined;
  const { enableCompileCache } = process.getBuiltinModule("node:module") as {
    enableCompileCache?: (to: string) => void;
  };
  if (folder === undefined || enableCompileCache === undefined) return folder;
  enableCompileCache(process.env["NODE_COMPILE_CACHE"] ?? folder);
  return undefined;
}

/** Loads a bundle with what was compiled of it the last time, which each command (`name`) keeps in a file of its own. */
export function requireCompiled(path: string, name: string, folder: string | undefined): unknown {
  if (folder === undefined) return createRequire(path)(path);
  const { Script } = process.getBuiltinModule("node:vm");
  const { size, mtimeMs } = statSync(path);
  const compiled = compiledIn(join(folder, `${name}-${process.version}-${process.arch}`), `${path} ${size} ${mtimeMs}`);
  const script = new Script(
    `(function (exports, require, module, __filename, __dirname) {${readFileSync(path, "utf8")}\n})`,
    {
      filename: path,
      cachedData: compiled.bytes,
    },
  );
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
  if (compiled.bytes === undefined || script.cachedDataRejected === true)
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

/** Where programs keep what they can make again, per user; undefined where nothing says. */
function cacheFolder(): string | undefined {
  const { XDG_CACHE_HOME, LOCALAPPDATA, HOME } = process.env;
  const parent = [XDG_CACHE_HOME, LOCALAPPDATA].find((each) => each !== undefined && each !== "");
  if (parent !== undefined) return join(parent, "modelkeep");
  return HOME === undefined || HOME === "" ? undefined : join(HOME, ".cache", "modelkeep");
}
