// `npm run pack-test`: packs every published package, installs the archives with npm into an empty project outside the
// repository, imports every entry there under both ways of resolving, and runs each package's README.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { mapLimited, runCommand } from "./command.js";
import { reportPages } from "./page-report.js";
import { runPage, type PageResult } from "./page-runner.js";
import { publishedPackages, root } from "./workspace.js";

const project = mkdtempSync(join(tmpdir(), "modelkeep-pack-"));
const windows = process.platform === "win32";
try {
  await installArchives();
  reportPages([await contentResult(), await entriesResult(), ...(await readmeResults()), await installedResult()]);
} finally {
  rmSync(project, { recursive: true });
}

async function installArchives(): Promise<void> {
  const archives = join(project, "archives");
  mkdirSync(archives);
  await mapLimited(publishedPackages(), 2, ({ directory }) =>
    must("pnpm", ["pack", "--pack-destination", archives], join(root, directory)),
  );
  const dependencies: Record<string, string> = {};
  for (const archive of readdirSync(archives)) {
    const name = archive.replace(/^modelkeep-(.+)-\d+\.\d+\.\d+.*\.tgz$/, "@modelkeep/$1");
    dependencies[name] = `file:archives/${archive}`;
  }
  const overrides = Object.fromEntries(Object.keys(dependencies).map((name) => [name, `$${name}`]));
  // A README may use what its package asks its user to install.
  for (const { manifest } of publishedPackages()) Object.assign(dependencies, manifest.peerDependencies);
  const { devDependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    devDependencies: Record<string, string>;
  };
  dependencies["@types/node"] = devDependencies["@types/node"] ?? "*";
  const manifest = { name: "empty", private: true, type: "module", dependencies, overrides };
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest, undefined, 2));
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
  await must("npm", ["install", ...quietly], project);
}

/** Each archive has its page, its licence and its output, and no tests and no workspace references. */
async function contentResult(): Promise<PageResult> {
  const failures = publishedPackages().flatMap(({ directory, manifest }) => {
    const folder = join(project, "node_modules", manifest.name);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    const wanted = ["README.md", "LICENSE", ...(manifest.files ?? []).filter((name) => /^\w+$/u.test(name))];
    const missing = wanted.filter((name) => !existsSync(join(folder, name)));
    // What a template makes has tests of its own.
    const tests = files.filter((path) => path.includes(".test.") && !path.startsWith("templates"));
    const unresolved = readFileSync(join(folder, "package.json"), "utf8").includes("workspace:");
    const faults = [
      ...missing.map((name) => `${name} is not in the archive`),
      ...tests.map((path) => `the test ${path} is in the archive`),
      ...(unresolved ? ["package.json refers to the workspace"] : []),
    ];
    return faults.length > 0 ? [`${directory}: ${faults.join("; ")}`] : [];
  });
  return { passed: publishedPackages().length - failures.length, failures, skipped: [] };
}

/** Every entry of every package: found by TypeScript under nodenext and bundler, bundled by esbuild, run by Node. */
async function entriesResult(): Promise<PageResult> {
  const entries = publishedPackages().flatMap(({ manifest }) => {
    const { exports = {} } = JSON.parse(
      readFileSync(join(project, "node_modules", manifest.name, "package.json"), "utf8"),
    ) as { exports?: Record<string, unknown> };
    return Object.keys(exports)
      .filter((path) => !path.endsWith(".json"))
      .map((path) => manifest.name + path.slice(1));
  });
  const source = entries.map((entry, index) => `export * as entry${index} from "${entry}";`).join("\n");
  writeFileSync(join(project, "entries.ts"), source);
  writeFileSync(join(project, "entries.mjs"), source);
  const compile = (module: string, moduleResolution: string) => {
    const compilerOptions = { target: "ES2023", module, moduleResolution, types: ["node"], strict: true, noEmit: true };
    const name = `tsconfig.${moduleResolution}.json`;
    writeFileSync(join(project, name), JSON.stringify({ compilerOptions, files: ["entries.ts"] }));
    return must(join(root, "node_modules/.bin/tsc"), ["-p", name], project);
  };
  const bundle = () =>
    build({
      absWorkingDir: project,
      entryPoints: ["entries.mjs"],
      bundle: true,
      write: false,
      platform: "node",
      format: "esm",
      logLevel: "silent",
      external: ["onnxruntime-node", "@photostructure/sqlite"],
    });
  const ways: Readonly<Record<string, () => Promise<unknown>>> = {
    "TypeScript with nodenext": () => compile("nodenext", "nodenext"),
    "TypeScript with bundler": () => compile("esnext", "bundler"),
    esbuild: bundle,
    Node: () => must(process.execPath, ["entries.mjs"], project),
  };
  const failures: string[] = [];
  for (const [way, attempt] of Object.entries(ways)) {
    await attempt().catch((error: unknown) => failures.push(`Entries don't resolve with ${way}:\n${String(error)}`));
  }
  return { passed: Object.keys(ways).length - failures.length, failures, skipped: [] };
}

async function readmeResults(): Promise<readonly PageResult[]> {
  const commands = [join(project, "node_modules/.bin")];
  return mapLimited(publishedPackages(), 2, async ({ directory }) => {
    const page = join(root, directory, "README.md");
    if (!existsSync(page)) return { passed: 0, failures: [`${directory}/README.md is missing.`], skipped: [] };
    const folder = join(project, directory.replace("/", "-"));
    mkdirSync(folder);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
    return runPage(page, { directory: folder, commands });
  });
}

/** A model that is saved here is loaded in an installation of only what its manifest declares, and predicts the same. */
async function installedResult(): Promise<PageResult> {
  const folder = join(project, "installed");
  mkdirSync(folder);
  const [, ...lines] = readFileSync(join(root, "vectors/data/breast-cancer.csv"), "utf8").trim().split("\n");
  const rows = lines.slice(0, 20).map((line) => line.split(",").slice(0, -1).map(Number));
  writeFileSync(join(folder, "rows.json"), JSON.stringify(rows));
  const modelkeep = (...args: string[]) =>
    must(process.execPath, [join(project, "node_modules/@modelkeep/cli/dist/main.cjs"), ...args], folder);
  try {
    await modelkeep("save", "cancer", join(root, "apps/demo/data/pipeline.joblib"), "--samples", "rows.json");
    await modelkeep("verify", "cancer@1", "--install", "--install-from", join(project, "archives"));
    return { passed: 1, failures: [], skipped: [] };
  } catch (error) {
    return { passed: 0, failures: [`A model in an installation of what it declares: ${String(error)}`], skipped: [] };
  }
}

async function must(command: string, args: readonly string[], cwd: string): Promise<void> {
  const { ok, output } = await runCommand(command, args, { cwd, shell: windows });
  if (!ok) throw new Error(`${command} ${args.slice(0, 2).join(" ")} in ${cwd} failed:\n${output.trim()}`);
}
