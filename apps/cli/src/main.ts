#!/usr/bin/env node
import { groups } from "./commands.js";
import { generalHelp } from "./help.js";
import { quickNames } from "./quick-names.js";
import { version } from "./version.js";

const { enableCompileCache } = process.getBuiltinModule("node:module") as { enableCompileCache?: () => void };

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
  // Node 22.1 keeps what it compiled for the next start.
  enableCompileCache?.();
  const { run } = await (quickNames.has(first) ? import("./run-quick.js") : import("./run-any.js"));
  return run(first === "help" ? [...argv.slice(1), "--help"] : argv);
}

// A reader that has seen enough (`| head`) is no fault of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2));
