#!/usr/bin/env node
import { join } from "node:path";

import { groups } from "./commands.js";
import { cacheFolder, keepCompiled, requireCompiled } from "./compile-cache.js";
import { generalHelp } from "./help.js";
import { quickNames } from "./quick-names.js";
import { version } from "./version.js";

type Run = (argv: readonly string[]) => Promise<number>;

/** The shortest paths load nothing: --version and --help are asked by scripts and by people in a hurry. */
async function main(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  if (first === "--version" || first === "-v" || first === "version") {
    process.stdout.write(`${version}\n`);
    return 0;
  }
  if (first === undefined || first === "--help" || first === "-h" || (first === "help" && argv.length === 1)) {
    (first === undefined ? process.stderr : process.stdout).write(generalHelp(groups, version));
    return first === undefined ? 2 : 0;
  }
  const { run } = quickNames.has(first) ? runQuick(first) : await runAny();
  return run(first === "help" ? [...argv.slice(1), "--help"] : argv);
}

function runQuick(name: string): { run: Run } {
  return requireCompiled(join(__dirname, "run-quick.cjs"), name, cacheFolder()) as { run: Run };
}

async function runAny(): Promise<{ run: Run }> {
  keepCompiled(cacheFolder());
  return import("./run-any.js");
}

// A reader that has seen enough (`| head`) is no fault of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
async function start(): Promise<void> {
  process.exitCode = await main(process.argv.slice(2));
}
void start();
