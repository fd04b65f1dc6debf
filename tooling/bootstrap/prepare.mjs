import { spawnSync } from "node:child_process";
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { installFingerprint, outputFolders, sourceFingerprint } from "./fingerprint.mjs";
import { environment, inRoot, pinnedPnpm, SetupError } from "./workspace.mjs";

/** Brings the checkout to where the task can run. When everything is fresh this only compares two fingerprints. */
export async function prepare(builds) {
  if (installed() && built(builds)) return;
  await alone(() => {
    if (!installed()) install();
    if (!built(builds)) build(builds);
  });
}

function installed() {
  return existsSync(inRoot("node_modules/.modules.yaml")) && readStamp("install") === installFingerprint();
}

function install() {
  const pnpm = pinnedPnpm();
  if (readStamp("pnpm") !== pnpm || !existsSync(inRoot(".tools/node_modules/pnpm"))) {
    const quietly = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
    step(`Installing ${pnpm} into .tools`, "npm", ["install", "--prefix", ".tools", ...quietly, pnpm]);
    writeStamp("pnpm", pnpm);
  }
  step("Installing dependencies", "pnpm", ["install", "--frozen-lockfile", "--prefer-offline"]);
  writeStamp("install", installFingerprint());
}

function built(builds) {
  const [sources, ...outputs] = readStamp(buildStamp(builds)).split("\n");
  return sources === sourceFingerprint() && outputs.every((folder) => existsSync(folder));
}

function build(builds) {
  // Taken before the build, so that an edit made meanwhile counts as a change.
  const sources = sourceFingerprint();
  const filters = builds.map((filter) => `--filter=${filter}`);
  step("Building", "turbo", ["run", "build", ...filters, "--output-logs=errors-only", "--log-prefix=none"]);
  writeStamp(buildStamp(builds), [sources, ...outputFolders()].join("\n"));
}

function buildStamp(builds) {
  return `build-${builds.join("-").replace(/[^a-z-]+/g, "")}`;
}

/** One set-up at a time in one checkout; the lock of a process that died is taken over. */
async function alone(work) {
  const lock = inRoot(".tools/setting-up");
  mkdirSync(inRoot(".tools"), { recursive: true });
  for (let waited = 0; !acquire(lock); waited += 1) {
    if (waited === 0) console.error("Waiting for another set-up of this checkout to finish…");
    await sleep(200);
  }
  try {
    work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function acquire(lock) {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, String(process.pid));
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!alive(Number(readText(lock)))) rmSync(lock, { force: true });
    return false;
  } finally {
    rmSync(own);
  }
}

function alive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Runs a tool with its output held back, and shows that output only when it fails. */
function step(title, command, args) {
  process.stderr.write(`${title}… `);
  const start = performance.now();
  const result = spawnSync(command, args, {
    cwd: inRoot("."),
    env: environment(),
    encoding: "utf8",
    shell: process.platform === "win32",
    maxBuffer: 64 * 2 ** 20,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (result.status === 0) {
    process.stderr.write(`${seconds} s\n`);
    return;
  }
  process.stderr.write(`failed after ${seconds} s\n`);
  const said = [result.stdout, result.stderr, result.error?.message].filter(Boolean).join("\n").trim();
  throw new SetupError(`${said}\n\n${title} failed: ${command} ${args.join(" ")}`);
}

function readStamp(name) {
  return readText(inRoot(`.tools/${name}.stamp`));
}

function writeStamp(name, text) {
  writeFileSync(inRoot(`.tools/${name}.stamp`), text);
}

function readText(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}
