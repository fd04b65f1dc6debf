import type { Command } from "./command.js";
import { gating } from "./declarations/gating.js";
import { registering } from "./declarations/registering.js";
import { signing } from "./declarations/signing.js";
import { quickNames } from "./quick-names.js";
import { runCommand } from "./run-command.js";

/** Commands that look at records or change them and never read a model: bundled in one file, since they must start at once. */
const quick: readonly Command[] = [...registering, ...gating, ...signing].filter(({ name }) =>
  quickNames.has(name.split(" ")[0]!),
);

export const run = (argv: readonly string[]): Promise<number> => runCommand(argv, [{ title: "", commands: quick }]);
