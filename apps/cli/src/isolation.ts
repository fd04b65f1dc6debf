import type { IsolationOptions } from "@modelkeep/serving";

import type { Context } from "./context.js";
import { pluginNames } from "./plugins.js";
import { wholeNumber } from "./reference.js";

/** What --isolated, --memory and --timeout say; `undefined` when models run in this process. */
export async function isolationOf(context: Context): Promise<IsolationOptions | undefined> {
  const { options, output, folder } = context;
  const [memory, timeout] = [options.text("memory"), options.text("timeout")];
  if (!options.flag("isolated") && memory === undefined && timeout === undefined) return undefined;
  const names = pluginNames(options.list("plugin"), await context.configuration(), output);
  return {
    script: new URL("./isolated-child.js", import.meta.url),
    arguments: [folder, ...names],
    ...(memory !== undefined && { memoryMiB: wholeNumber(memory, "--memory", 128) }),
    ...(timeout !== undefined && { timeoutMs: wholeNumber(timeout, "--timeout", 1) }),
  };
}
