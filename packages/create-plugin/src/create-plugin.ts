import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { ModelkeepError } from "@modelkeep/core";

/** The kinds of plugin that there is a start for. */
export type PluginKind = "codec" | "store";

/** What kind of package is made, and what it is called. */
export interface CreatePluginOptions {
  readonly kind: PluginKind;
  /** The package's name on npm. Default: the folder's. */
  readonly packageName?: string | undefined;
}

/** What was written, and where. */
export interface CreatedPlugin {
  readonly folder: string;
  readonly packageName: string;
  /** What the format or store is called in manifests and messages: "linear" of "modelkeep-codec-linear". */
  readonly name: string;
  /** Relative to the folder. */
  readonly files: readonly string[];
}

const templates = fileURLToPath(new URL("../templates/", import.meta.url));

/** Writes a new package that is a working plugin with its conformance test. `already_exists` where the folder has files. */
export async function createPlugin(folder: string, { kind, packageName }: CreatePluginOptions): Promise<CreatedPlugin> {
  const target = resolve(folder);
  const called = packageName ?? basename(target);
  if (!/^(@[a-z0-9][a-z0-9._-]*\/)?[a-z0-9][a-z0-9._-]*$/u.test(called) || called.length > 214)
    throw new ModelkeepError(
      "invalid_name",
      `${JSON.stringify(called)} is no name of an npm package: lower-case letters, digits and "-"`,
    );
  const name = called
    .replace(/^@[^/]+\//u, "")
    .replace(/^modelkeep-/u, "")
    .replace(/^(codec|store)-/u, "")
    .replaceAll(/[._]/gu, "-")
    .replace(/^-+|-+$/gu, "");
  if (!/^[a-z][a-z0-9-]*$/u.test(name))
    throw new ModelkeepError(
      "invalid_name",
      `${JSON.stringify(called)} leaves no name for the ${kind}: it must begin with a letter`,
    );
  await mkdir(target, { recursive: true });
  if ((await readdir(target)).length > 0)
    throw new ModelkeepError("already_exists", `${target} has files in it, and was left as it is`);

  const replaced = { name, packageName: called, versions: await versions() };
  const files: string[] = [];
  for (const source of [join(templates, "common"), join(templates, kind)])
    for (const path of (await readdir(source, { recursive: true, withFileTypes: true })).filter((entry) =>
      entry.isFile(),
    )) {
      const from = join(path.parentPath, path.name);
      const relative = renamed(from.slice(source.length + 1), name);
      await mkdir(dirname(join(target, relative)), { recursive: true });
      await writeFile(join(target, relative), filled(await readFile(from, "utf8"), replaced), { flag: "wx" });
      files.push(relative);
    }
  return { folder: target, packageName: called, name, files: files.toSorted() };
}

interface Replaced {
  readonly name: string;
  readonly packageName: string;
  readonly versions: { readonly core: string; readonly testkit: string };
}

/** npm leaves out files that begin with a dot, and takes a package.json for that of another package. */
function renamed(path: string, name: string): string {
  return path
    .replace(/(^|[/\\])_/u, "$1")
    .replace("_gitignore", ".gitignore")
    .replace("gitignore", ".gitignore")
    .replace("example", name);
}

/** The templates are about an "example", so that they compile as they are. */
function filled(text: string, { name, packageName, versions }: Replaced): string {
  const words = name.split("-");
  const pascal = words.map((word) => `${word[0]!.toUpperCase()}${word.slice(1)}`).join("");
  const camel = `${pascal[0]!.toLowerCase()}${pascal.slice(1)}`;
  return (
    text
      .replaceAll("modelkeep-example", packageName)
      .replaceAll("CORE_VERSION", versions.core)
      .replaceAll("TESTKIT_VERSION", versions.testkit)
      .replaceAll(/\bexample(?=[A-Z])/gu, camel)
      .replaceAll("Example", pascal)
      // Extensions of files have no hyphens.
      .replaceAll(/(?<=[\w\s"`}])\.example\b/gu, `.${words.join("")}`)
      .replaceAll("example", name)
  );
}

/** Of the packages that this one was made with: what the new plugin is written against. */
async function versions(): Promise<Replaced["versions"]> {
  const manifest = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const of = (name: string) => {
    const range = manifest.dependencies[name] ?? "*";
    return range.startsWith("workspace:") ? "*" : range;
  };
  return { core: of("@modelkeep/core"), testkit: of("@modelkeep/testkit") };
}
