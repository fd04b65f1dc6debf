import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { inRoot } from "./workspace.mjs";

/** Changes when another install is due. */
export function installFingerprint() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const file of ["pnpm-lock.yaml", "pnpm-workspace.yaml"]) hash.update(readFileSync(inRoot(file)));
  return hash.digest("hex");
}

/** Changes when anything that a build reads changed: path, size and time of every source. */
export function sourceFingerprint(base = inRoot(".")) {
  const hash = createHash("sha256");
  const add = (path) => {
    const stat = lstatSync(path);
    hash.update(`${path}\0${stat.size}\0${stat.mtimeMs}\n`);
  };
  for (const file of ["tsconfig.base.json", "turbo.json", "pnpm-lock.yaml"]) add(join(base, file));
  for (const folder of packageFolders(base)) {
    for (const name of readdirSync(folder).sort()) if (/\.(json|mjs)$/.test(name)) add(join(folder, name));
    const sources = readdirSync(join(folder, "src"), { recursive: true }).filter((path) => !path.endsWith(".test.ts"));
    for (const path of sources.sort()) add(join(folder, "src", path));
  }
  return hash.digest("hex");
}

/** The folders that builds have written so far. */
export function outputFolders() {
  return packageFolders(inRoot("."))
    .map((folder) => join(folder, "dist"))
    .filter((folder) => existsSync(folder));
}

/** Every workspace package that is built, by tsc or by a program of its own. */
function packageFolders(base) {
  return ["packages", "apps", "tooling"].flatMap((group) =>
    readdirSync(join(base, group))
      .sort()
      .map((name) => join(base, group, name))
      .filter((folder) => existsSync(join(folder, "src"))),
  );
}
