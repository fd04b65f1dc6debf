// `npm run playground -- FOLDER`: a folder in which the code of the documentation runs as if the packages were installed there.
import { chmodSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { linkPackages } from "./link-packages.js";
import { root } from "./workspace.js";

const [given] = process.argv.slice(2);
if (given === undefined) {
  console.error("Where? npm run playground -- ../play");
  process.exitCode = 2;
} else make(resolve(process.env.INIT_CWD ?? ".", given));

function make(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const there = readdirSync(folder).filter((name) => name !== "node_modules" && name !== "package.json");
  if (there.length > 0) {
    console.error(`${folder} is not empty, and was left as it is`);
    process.exitCode = 1;
    return;
  }
  const commands = join(folder, "node_modules/.bin");
  mkdirSync(commands, { recursive: true });
  linkPackages(join(folder, "node_modules"), ["apps/demo", "apps/cli"]);
  writeFileSync(join(folder, "package.json"), `${JSON.stringify({ private: true, type: "module" })}\n`);
  const script = join(root, "tooling/bootstrap/run.mjs");
  writeFileSync(join(commands, "modelkeep"), `#!/bin/sh\nexec node "${script}" modelkeep "$@"\n`);
  chmodSync(join(commands, "modelkeep"), 0o755);
  writeFileSync(join(commands, "modelkeep.cmd"), `@node "${script}" modelkeep %*\r\n`);
  console.log(`${folder} is ready:
  cd ${folder}
  node example.js     # code of the documentation; where it has types or "await using": node example.ts, Node 24
  npx modelkeep list  # the command line`);
}
