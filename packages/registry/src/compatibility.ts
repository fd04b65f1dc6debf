import { applyPolicy, compareEnvironment, type CurrentEnvironment, type Manifest } from "@modelkeep/core";

import type { Context } from "./context.js";
import type { LoadOptions } from "./load.js";

/** Looks up what is running, and which of these libraries are installed in which version. */
export type LookUpEnvironment = (libraries: readonly string[]) => Promise<CurrentEnvironment>;

/** Compares what a manifest recorded with what is here, before the model's bytes are touched. */
export async function checkCompatibility(
  context: Context,
  manifest: Manifest,
  representation: string,
  { compatibility = "warn", onWarning = emitWarning }: Pick<LoadOptions, "compatibility" | "onWarning">,
): Promise<void> {
  if (compatibility === "ignore") return;
  const recorded = manifest.representations.find((each) => each.name === representation)?.libraries;
  const required = (manifest.requirements ?? []).filter((each) => each.ecosystem === "npm").map((each) => each.name);
  const current = await context.environment([...new Set([...Object.keys(recorded ?? {}), ...required])]);
  const mismatches = compareEnvironment(manifest, current, { representation });
  // Without a way to look libraries up, nothing is known of them: they are not said to be missing.
  const known = current.libraries === undefined ? mismatches.filter((each) => each.kind !== "missing") : mismatches;
  applyPolicy(known, compatibility, (mismatch) => onWarning(mismatch.message));
}

/** What can be told without looking at files: the runtime. */
export function currentRuntime(): Promise<CurrentEnvironment> {
  const version = nodeProcess()?.versions?.node;
  return Promise.resolve(version === undefined ? {} : { runtime: { name: "node", version } });
}

function emitWarning(message: string): void {
  nodeProcess()?.emitWarning?.(message, "ModelkeepWarning");
}

function nodeProcess() {
  return (
    globalThis as {
      process?: { versions?: { node?: string }; emitWarning?: (message: string, type: string) => void };
    }
  ).process;
}
