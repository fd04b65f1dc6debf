// `npm run check-docs [-- page…]`: runs the code of the documentation against the packages as built.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import { mapLimited } from "./command.js";
import { reportPages } from "./page-report.js";
import { linkPackages } from "./link-packages.js";
import { runPage } from "./page-runner.js";
import { root, workspacePackages } from "./workspace.js";

const scratch = mkdtempSync(join(tmpdir(), "modelkeep-docs-"));
try {
  const commands = writeCommands(join(scratch, "bin"));
  const pages = process.argv.length > 2 ? process.argv.slice(2).map((page) => resolve(page)) : allPages();
  const results = await mapLimited([...pages.entries()], 2, async ([index, page]) => {
    const directory = join(scratch, String(index));
    linkPackages(join(directory, "node_modules"), ownersOf(page));
    writeFileSync(join(directory, "package.json"), JSON.stringify({ private: true, type: "module" }));
    return runPage(page, { directory, commands: [commands] });
  });
  reportPages(results);
} finally {
  rmSync(scratch, { recursive: true });
}

/** The README of the repository and of every package, and all of docs/ and spec/ but the reference, which shows no programs. */
function allPages(): readonly string[] {
  const readmes = ["", ...workspacePackages().map(({ directory }) => directory)].map((directory) =>
    join(root, directory, "README.md"),
  );
  const guides = ["docs", "spec"]
    .map((folder) => join(root, folder))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".md") && dirname(path) !== "reference")
        .sort()
        .map((path) => join(folder, path)),
    );
  return [...readmes.filter((page) => existsSync(page)), ...guides];
}

/** Whose installed packages a page may import: those of its own package, or else of the applications. */
function ownersOf(page: string): readonly string[] {
  const own = relative(root, dirname(page)).split(sep).join("/");
  return workspacePackages().some(({ directory }) => directory === own) ? [own] : ["apps/demo", "apps/cli"];
}

/** `modelkeep …` and `npm run -s modelkeep -- …`, as a reader would type them. */
function writeCommands(folder: string): string {
  mkdirSync(folder);
  const bootstrap = `"${process.execPath}" "${join(root, "tooling/bootstrap/run.mjs")}" modelkeep`;
  write("modelkeep", `exec ${bootstrap} "$@"`);
  write(
    "npm",
    `[ "$1 $2 $3" = "run -s modelkeep" ] || { echo "only npm run -s modelkeep is known here" >&2; exit 1; }
shift 3; [ "\${1-}" != "--" ] || shift
exec ${bootstrap} "$@"`,
  );
  return folder;

  function write(name: string, script: string): void {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
  }
}
