import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { runCommand } from "./command.js";
import { reportedPackages } from "./report-text.js";
import { root } from "./workspace.js";

/** A changed interface of a package that no changeset names. */
export function untoldChanges(changed: readonly string[], changesets: readonly string[]): readonly string[] {
  const told = new Set(changesets.flatMap(packagesNamed));
  return reportedPackages
    .map((name) => [name, changed.filter((path) => path.startsWith(`api/${basename(name)}.`))] as const)
    .filter(([name, reports]) => reports.length > 0 && !told.has(name))
    .map(([name, reports]) => `${reports.join(", ")} changed, and no changeset names ${name}: npm run changeset.`);
}

/** The packages in the front matter of a changeset. */
export function packagesNamed(changeset: string): readonly string[] {
  const [, front = ""] = /^---\r?\n(.*?)^---/ms.exec(changeset) ?? [];
  return [...front.matchAll(/^["']?(@?[^"':\s]+)["']?\s*:/gm)].map(([, name]) => name ?? "");
}

/**
 * Holds what changed since the branch left main, or on main since the last release, to that rule. A checkout with neither to
 * compare with (shallow, or before the first release) has nothing to be held to.
 */
export async function toldChangeFaults(): Promise<readonly string[]> {
  const base = await baseCommit();
  if (base === undefined) return [];
  const changed = [
    ...(await git("diff", "--name-only", base, "--", "api", ".changeset")),
    ...(await git("ls-files", "--others", "--exclude-standard", "--", "api", ".changeset")),
  ];
  const changesets = changed
    .filter((path) => /^\.changeset\/.+\.md$/.test(path) && existsSync(join(root, path)))
    .map((path) => readFileSync(join(root, path), "utf8"));
  return untoldChanges(changed, changesets);
}

async function baseCommit(): Promise<string | undefined> {
  const [head] = await git("rev-parse", "HEAD");
  for (const main of ["origin/main", "main"]) {
    const [base] = await git("merge-base", "HEAD", main);
    if (base !== undefined && base !== head) return base;
  }
  const [tag] = await git("describe", "--tags", "--abbrev=0");
  return tag;
}

/** The lines that git prints; none where it fails. */
async function git(...args: readonly string[]): Promise<readonly string[]> {
  const { ok, output } = await runCommand("git", args, { cwd: root });
  return ok ? output.split("\n").filter((line) => line !== "") : [];
}
