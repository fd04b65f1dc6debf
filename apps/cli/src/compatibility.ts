import { fileURLToPath } from "node:url";

import {
  applyPolicy,
  type CompatibilityPolicy,
  compareEnvironment as differences,
  ModelkeepError,
  type Manifest,
} from "@modelkeep/core";
import { environmentLookup } from "@modelkeep/core/node";

import type { Context } from "./context.js";

const policies: readonly string[] = ["ignore", "warn", "refuse"];

export function policyOf({ options }: Context): CompatibilityPolicy {
  const policy = options.text("compatibility") ?? "warn";
  if (!policies.includes(policy))
    throw new ModelkeepError(
      "invalid_input",
      `--compatibility is ignore, warn or refuse, not ${JSON.stringify(policy)}`,
    );
  return policy as CompatibilityPolicy;
}

/** Packages as the user's folder sees them, else as the command line itself does. */
export function lookUp(folder: string): ReturnType<typeof environmentLookup> {
  return environmentLookup(folder, fileURLToPath(new URL(".", import.meta.url)));
}

/** Library versions that do not match are told, or refused, before a byte of the model is read. */
export async function checkCompatibility(context: Context, manifest: Manifest): Promise<void> {
  const policy = policyOf(context);
  if (policy === "ignore") return;
  const names = [
    ...Object.keys(manifest.environment?.libraries ?? {}),
    ...manifest.representations.flatMap((each) => Object.keys(each.libraries ?? {})),
    ...(manifest.requirements ?? []).filter(({ ecosystem }) => ecosystem === "npm").map(({ name }) => name),
  ];
  const mismatches = differences(manifest, await lookUp(context.folder)(names));
  applyPolicy(mismatches, policy, ({ message }) => context.output.warn(message));
}
