import { existsSync, mkdirSync, readdirSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { root, workspacePackages } from "./workspace.js";

/** Links every package of ours into a folder of modules, and what their owners and the root have installed. */
export function linkPackages(modules: string, owners: readonly string[]): void {
  for (const { directory, manifest } of workspacePackages()) link(join(root, directory), join(modules, manifest.name));
  for (const owner of [...owners, "."]) {
    const installed = join(root, owner, "node_modules");
    for (const name of namesIn(installed)) link(join(installed, name), join(modules, name));
  }
}

function namesIn(modules: string): readonly string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => !name.startsWith("."))
    .flatMap((name) =>
      name.startsWith("@") ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
    );
}

function link(target: string, path: string): void {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}
