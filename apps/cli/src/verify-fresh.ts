import type { Envelope } from "@modelkeep/core";
import type { VerificationResult, VerifyEnvelopeOptions } from "@modelkeep/registry";
import { verifyInFreshProcess } from "@modelkeep/registry/node";

import type { Context } from "./context.js";
import { pluginNames } from "./plugins.js";

/** Samples in a process that has loaded nothing yet. */
export async function verifyFresh(
  context: Context,
  envelope: Envelope,
  choice: VerifyEnvelopeOptions,
): Promise<VerificationResult[]> {
  const names = pluginNames(context.options.list("plugin"), await context.configuration(), context.output);
  return verifyInFreshProcess(envelope, {
    ...choice,
    script: new URL("./verify-child.js", import.meta.url),
    arguments: [context.folder, ...names],
    signal: context.signal,
  });
}
