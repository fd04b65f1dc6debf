import { readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { transform } from "esbuild";
import { codeBlocksOf, programOf, type CodeBlock } from "./code-blocks.js";
import { runCommand } from "./command.js";
import { root } from "./workspace.js";

export interface PageProject {
  /** An empty folder from which Node and TypeScript find the packages; the blocks run in it, one after the other. */
  readonly directory: string;
  /** Folders with the commands that `sh` blocks use, before the PATH. */
  readonly commands: readonly string[];
}

export interface PageResult {
  readonly passed: number;
  readonly failures: readonly string[];
  readonly skipped: readonly string[];
}

/** Type-checks and runs the blocks of one Markdown page: every ```ts that is not `no-run`, and every ```sh run. */
export async function runPage(page: string, { directory, commands }: PageProject): Promise<PageResult> {
  const shown = relative(root, page);
  const blocks = codeBlocksOf(readFileSync(page, "utf8"));
  const checked = blocks.filter((block) => block.language === "ts" || isShell(block));
  const typeErrors = await typeErrorsIn(blocks, directory, shown);
  const failures: string[] = [];
  const skipped: string[] = [];

  for (const block of checked) {
    const place = `${shown}:${block.line}`;
    const missing = block.flags
      .filter((flag) => flag.startsWith("needs=") && !process.env[flag.slice("needs=".length)])
      .map((flag) => flag.slice("needs=".length));
    const errors = typeErrors.get(block);
    if (errors !== undefined) failures.push(`${place} does not type-check:\n${errors}`);
    else if (missing.length > 0) skipped.push(`${place} (needs ${missing.join(", ")})`);
    else if (!block.flags.includes("no-run")) {
      const { ok, output } = await (isShell(block)
        ? runShell(block, directory, commands)
        : runProgram(programOf(blocks, block), block, page, directory));
      if (!ok) failures.push(`${place} fails:\n${output.trim()}`);
    }
  }
  return { passed: checked.length - failures.length - skipped.length, failures, skipped };
}

function isShell({ language, flags }: CodeBlock): boolean {
  return language === "sh" && flags.includes("run");
}

/** What the compiler says, under the block that it says it about, at the lines of the page. */
async function typeErrorsIn(
  blocks: readonly CodeBlock[],
  directory: string,
  page: string,
): Promise<ReadonlyMap<CodeBlock, string>> {
  const programs = blocks.filter(({ language }) => language === "ts");
  if (programs.length === 0) return new Map();
  for (const block of programs) writeFileSync(join(directory, nameOf(block, "ts")), programOf(blocks, block));
  const compilerOptions = {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    moduleDetection: "force",
    types: ["node"],
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  };
  const files = programs.map((block) => nameOf(block, "ts"));
  writeFileSync(join(directory, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
  const { ok, output } = await runCommand(join(root, "node_modules/.bin/tsc"), ["-p", ".", "--pretty", "false"], {
    cwd: directory,
    shell: process.platform === "win32",
  });
  const errors = new Map<CodeBlock, string>();
  if (ok) return errors;
  for (const block of programs) {
    const own = output.split("\n").filter((line) => line.startsWith(`${nameOf(block, "ts")}(`));
    const inPage = own.map((line) => line.replace(/^[^(]+\((\d+),(\d+)\)/, `${page}:$1:$2`));
    if (inPage.length > 0) errors.set(block, inPage.join("\n"));
  }
  const first = programs[0];
  if (errors.size === 0 && first !== undefined) errors.set(first, output);
  return errors;
}

async function runProgram(program: string, block: CodeBlock, page: string, directory: string) {
  const { code } = await transform(program, {
    loader: "ts",
    format: "esm",
    target: "node20",
    sourcefile: page,
    sourcemap: "inline",
  });
  const file = join(directory, nameOf(block, "mjs"));
  writeFileSync(file, code);
  return runCommand(process.execPath, ["--enable-source-maps", file], { cwd: directory, timeout: 120_000 });
}

async function runShell(block: CodeBlock, directory: string, commands: readonly string[]) {
  const PATH = [...commands, process.env.PATH ?? ""].join(delimiter);
  // What the pages leave in a user's own folders is not left in those of whoever runs them.
  const own = { XDG_CONFIG_HOME: join(directory, ".config"), XDG_CACHE_HOME: join(directory, ".cache") };
  const env = { ...process.env, ...own, PATH, INIT_CWD: directory };
  return runCommand("bash", ["-euxo", "pipefail", "-c", block.code], { cwd: directory, env, timeout: 120_000 });
}

function nameOf(block: CodeBlock, extension: string): string {
  return `line-${block.line}.${extension}`;
}
