import { readFileSync } from "node:fs";
import { delimiter } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../../", import.meta.url);

/** Something that the reader of the message can put right; shown without a stack. */
export class SetupError extends Error {}

/** A path inside the repository, made absolute. */
export function inRoot(path) {
  return fileURLToPath(new URL(path, root));
}

/** The exact pnpm that package.json names. */
export function pinnedPnpm() {
  const { packageManager } = JSON.parse(readFileSync(inRoot("package.json"), "utf8"));
  return packageManager.split("+")[0];
}

/** The environment of every tool: the repository's own binaries first, no telemetry, no questions. */
export function environment() {
  const bins = [inRoot("node_modules/.bin"), inRoot(".tools/node_modules/.bin")];
  const pathName = Object.keys(process.env).find((name) => name.toUpperCase() === "PATH") ?? "PATH";
  return {
    ...process.env,
    [pathName]: [...bins, process.env[pathName] ?? ""].join(delimiter),
    TURBO_TELEMETRY_DISABLED: "1",
    COREPACK_ENABLE_DOWNLOAD_PROMPT: "0",
  };
}
