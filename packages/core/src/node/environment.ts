import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { arch, platform, release } from "node:os";
import { dirname, join, resolve } from "node:path";

import type { CurrentEnvironment } from "../compatibility.js";
import { type Digest, parseDigest } from "../digest.js";
import type { CallOptions } from "../store.js";
import { throwIfAborted } from "../errors.js";
import { fileObject } from "./file-object.js";

/** What runs this program, and on what. */
export interface RuntimeFacts {
  readonly runtime: { readonly name: string; readonly version: string };
  /** "linux x64 6.1.0". */
  readonly platform: string;
}

/** What this process runs on. */
export function runtimeFacts(): RuntimeFacts {
  return {
    runtime: { name: "node", version: process.versions.node },
    platform: `${platform()} ${arch()} ${release()}`,
  };
}

/**
 * The versions of installed packages, as found from a folder upwards in `node_modules`. Only their `package.json` is
 * read: nothing is executed. A package that is not installed is left out.
 */
export async function libraryVersions(names: Iterable<string>, from: string): Promise<Record<string, string>> {
  const versions: Record<string, string> = {};
  for (const name of names) {
    if (!isPackageName(name)) throw new TypeError(`${JSON.stringify(name)} is no package name`);
    const version = await installedVersion(name, from);
    if (version !== undefined) versions[name] = version;
  }
  return versions;
}

/** Looks up what runs here, and which packages are installed as seen from these folders, the first one first. */
export function environmentLookup(
  ...folders: readonly string[]
): (names: readonly string[]) => Promise<CurrentEnvironment> {
  return async (names) => {
    const libraries: Record<string, string> = {};
    for (const folder of folders.toReversed()) Object.assign(libraries, await libraryVersions(names, folder));
    return { ...runtimeFacts(), libraries };
  };
}

/** The digest of a data file, to be recorded, or compared with what was recorded. */
export async function digestFile(
  path: string,
  { signal }: CallOptions = {},
): Promise<{ digest: Digest; size: number }> {
  const object = await fileObject(path);
  const hash = createHash("sha256");
  let size = 0;
  for await (const bytes of object.stream({ signal })) {
    throwIfAborted(signal);
    hash.update(bytes);
    size += bytes.length;
  }
  return { digest: parseDigest(`sha256:${hash.digest("hex")}`), size };
}

async function installedVersion(name: string, from: string): Promise<string | undefined> {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name, "package.json");
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() && found.size < 1 << 20) return versionIn(await readFile(path, "utf8"));
    if (dirname(folder) === folder) return undefined;
  }
}

function versionIn(text: string): string | undefined {
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === "string" && version.length <= 100 ? version : undefined;
  } catch {
    return undefined;
  }
}

function isPackageName(name: string): boolean {
  return /^(@[a-z0-9~][\w.~-]*\/)?[a-z0-9~][\w.~-]*$/iu.test(name);
}
