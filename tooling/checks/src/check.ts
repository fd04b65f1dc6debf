import { readdirSync } from "node:fs";
import { join } from "node:path";
import { apiReportFaults } from "./api-report.js";
import { browserBundleFaults } from "./browser-bundle.js";
import { mapLimited, runCommand } from "./command.js";
import { layerFaults } from "./layers.js";
import { lockfileFaults, packagePageFaults, publintFaults } from "./published.js";
import { startupFaults } from "./startup.js";
import { referenceFaults } from "./reference/reference.js";
import { runSteps } from "./steps.js";
import { toldChangeFaults } from "./told-changes.js";
import { root, workspacePackages } from "./workspace.js";

await runSteps([
  { title: "build", run: () => toolFaults("turbo", ["run", "build", "--continue", "--output-logs=errors-only"]) },
  { title: "types", run: typeFaults },
  { title: "lint", run: () => toolFaults("oxlint", ["--deny-warnings"]) },
  { title: "format", run: () => toolFaults("oxfmt", ["--check", "."]) },
  {
    title: "unused files, exports and dependencies",
    run: () => toolFaults("knip", ["--no-progress", "--no-config-hints"]),
  },
  { title: "layers", run: async () => layerFaults() },
  { title: "interfaces are those in api/", run: apiReportFaults },
  { title: "changes of interfaces are told", run: toldChangeFaults },
  { title: "docs/reference says what the docstrings say", run: () => referenceFaults() },
  { title: "browser bundles", run: () => browserBundleFaults() },
  { title: "start-up loads nothing heavy", run: startupFaults },
  { title: "package contents (publint)", run: publintFaults },
  { title: "package pages", run: packagePageFaults },
  { title: "lockfile names no host", run: lockfileFaults },
]);

/** Every project with its own configuration, as an editor sees it: from the sources, nothing built. */
async function typeFaults(): Promise<readonly string[]> {
  const projects = [".", ...workspacePackages().map(({ directory }) => directory)].flatMap((directory) =>
    readdirSync(join(root, directory))
      .filter((name) => /^tsconfig(\.\w+)?\.json$/.test(name) && !/\.(base|build)\./.test(name))
      .map((name) => join(directory, name)),
  );
  const faults = await mapLimited(projects, 2, (project) => toolFaults("tsc", ["-p", project, "--noEmit"]));
  return faults.flat();
}

async function toolFaults(tool: string, args: readonly string[]): Promise<readonly string[]> {
  const { ok, output } = await runCommand(join(root, "node_modules/.bin", tool), args, {
    cwd: root,
    shell: process.platform === "win32",
  });
  return ok ? [] : [output];
}
