import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The root of the repository, from here in src/ or in dist/ alike. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface PackageManifest {
  readonly files?: readonly string[];
  readonly name: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly keywords?: readonly string[];
  readonly exports?: Readonly<
    Record<string, string | { readonly types: string; readonly "modelkeep-source"?: string }>
  >;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface WorkspacePackage {
  /** Relative to the root, "packages/core". */
  readonly directory: string;
  readonly manifest: PackageManifest;
}

export function workspacePackages(base = root): readonly WorkspacePackage[] {
  return ["packages", "apps", "tooling"].flatMap((group) =>
    (existsSync(join(base, group)) ? readdirSync(join(base, group)) : [])
      .sort()
      .map((name) => `${group}/${name}`)
      .filter((directory) => existsSync(join(base, directory, "package.json")))
      .map((directory) => ({ directory, manifest: readManifest(join(base, directory)) })),
  );
}

/** The packages that are published, in the order of their names. */
export function publishedPackages(base = root): readonly WorkspacePackage[] {
  return workspacePackages(base).filter(({ manifest }) => manifest.private !== true);
}

function readManifest(directory: string): PackageManifest {
  return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as PackageManifest;
}
