#!/usr/bin/env node
// `npm run <task>` from a fresh clone: installs what is missing, builds what is stale, then runs the task.
// Standard output belongs to the task; everything said here goes to standard error.
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { pathToFileURL } from "node:url";
import { prepare } from "./prepare.mjs";
import { tasks } from "./tasks.mjs";
import { environment, inRoot, SetupError } from "./workspace.mjs";

const [name = "", ...given] = process.argv.slice(2);
const task = tasks[name];

try {
  requireNode(20, 19);
  if (task === undefined) {
    throw new SetupError(`There is no task "${name}". Tasks: ${Object.keys(tasks).join(", ")}.`);
  }
  await prepare(task.builds);
  await run(task, given);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** A module of ours runs in this process, which saves a start of Node; a tool runs as a child. */
async function run({ module, tool, args = [], where = "root" }, extra) {
  // npm moves to the root before it calls us, and says where the user stood.
  if (where === "root") {
    process.chdir(inRoot("."));
    Object.assign(process.env, environment());
  } else if (process.env.npm_lifecycle_event === name) {
    process.chdir(process.env.INIT_CWD ?? ".");
  }
  if (tool !== undefined) return runTool(tool, [...args, ...extra]);
  const path = inRoot(module);
  process.argv.splice(1, process.argv.length, path, ...args, ...extra);
  await import(pathToFileURL(path).href);
}

async function runTool(tool, args) {
  const child = spawn(tool, args, { stdio: "inherit", shell: process.platform === "win32" });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  process.exitCode = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

function requireNode(major, minor) {
  const [haveMajor, haveMinor] = process.versions.node.split(".").map(Number);
  if (haveMajor > major || (haveMajor === major && haveMinor >= minor)) return;
  throw new SetupError(`Modelkeep needs Node ${major}.${minor} or later; this is Node ${process.versions.node}.`);
}
