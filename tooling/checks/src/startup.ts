import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { runCommand } from "./command.js";
import { publishedPackages, root } from "./workspace.js";

/** Large or native libraries: loaded on first use, never by an import of the package that wraps them. */
const heavy = /^(@aws-sdk\/.+|@smithy\/.+|@photostructure\/sqlite|onnxruntime-.+)$/;

/** What core may bring along. */
const coreMayLoad = /^(@modelkeep\/core|zod|fflate)$/;

/** What the command line must not need to say its name or its help. */
const notForHelp = /^(@modelkeep\/(registry|store-.+|codec-.+|flavor-.+)|zod|protobufjs|msgpackr)$/;

/** Imports each published package in a process of its own and looks at what came with it. */
export async function startupFaults(): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const { directory, manifest } of publishedPackages()) {
    if (!directory.startsWith("packages/")) continue;
    const { loaded, fault } = await packagesLoadedBy(join(root, directory, "dist/index.js"));
    if (fault !== undefined) faults.push(`${manifest.name} can't be imported: ${fault}`);
    const unwanted = (name: string) => heavy.test(name) || (directory === "packages/core" && !coreMayLoad.test(name));
    for (const name of loaded.filter(unwanted)) {
      faults.push(`Importing ${manifest.name} loads ${name}; load it on first use.`);
    }
  }
  const commandLine = join(root, "apps/cli/dist/main.cjs");
  for (const option of ["--version", "--help"]) {
    const { loaded, fault } = await packagesLoadedBy(commandLine, [option]);
    if (fault !== undefined) faults.push(`modelkeep ${option} fails: ${fault}`);
    for (const name of loaded.filter((loadedName) => heavy.test(loadedName) || notForHelp.test(loadedName))) {
      faults.push(`modelkeep ${option} loads ${name}; load it where it is needed.`);
    }
  }
  return faults;
}

/** The names of the packages whose modules are resolved when `entry` runs, found with a loader hook in a fresh process. */
export async function packagesLoadedBy(
  entry: string,
  args: readonly string[] = [],
): Promise<{ readonly loaded: readonly string[]; readonly fault?: string }> {
  const folder = mkdtempSync(join(tmpdir(), "loaded-"));
  try {
    const list = join(folder, "list");
    const hook = new URL("./loaded-modules-hook.js", import.meta.url).href;
    const registration = `import { register } from "node:module";
      register(${JSON.stringify(hook)}, { data: ${JSON.stringify(list)} });`;
    const preload = `data:text/javascript,${encodeURIComponent(registration)}`;
    const { ok, output } = await runCommand(process.execPath, ["--import", preload, entry, ...args], { cwd: folder });
    if (!ok) return { loaded: [], fault: output.trim() };
    const urls = existsSync(list) ? readFileSync(list, "utf8").trim().split("\n") : [];
    const self = packageOf(pathToFileURL(entry).href);
    return { loaded: [...new Set([...self, ...urls.flatMap(packageOf)])].sort() };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function packageOf(url: string): readonly string[] {
  const installed = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1];
  if (installed !== undefined) return [installed];
  const own = /\/(?:packages|apps)\/([^/]+)\/dist\//.exec(url)?.[1];
  return own === undefined ? [] : [`@modelkeep/${own}`];
}
