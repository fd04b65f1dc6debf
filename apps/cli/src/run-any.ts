import { groups } from "./commands.js";
import { runCommand } from "./run-command.js";

/** Any command, with everything it may load. */
export const run = (argv: readonly string[]): Promise<number> => runCommand(argv, groups);
