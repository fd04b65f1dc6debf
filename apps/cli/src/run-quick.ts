import type { Command } from "./command.js";
import { registering } from "./declarations/registering.js";
import { quickNames } from "./quick-names.js";
import { runCommand } from "./run-command.js";

/** Commands that look at records or change them and never read a model: bundled in one file, since they must start at once. */
const quick: readonly Command[] = registering.filter(({ name }) => quickNames.has(name));

export const run = (argv: readonly string[]): Promise<number> => runCommand(argv, [{ title: "", commands: quick }]);
