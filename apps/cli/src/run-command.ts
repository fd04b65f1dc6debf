import { setMaxListeners } from "node:events";

import { type Command } from "./command.js";
import { createContext } from "./context.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";
import { explained } from "./explain.js";
import { commandHelp, type Groups } from "./help.js";
import { parseCommandLine, type Parsed, UsageError } from "./parse.js";
import { nearest } from "./nearest.js";

/** Finds the command, parses, runs, and turns trouble into a sentence and an exit code. */
export async function runCommand(argv: readonly string[], groups: Groups): Promise<number> {
  const json = argv.includes("--json");
  try {
    const { command, rest } = findCommand(argv, groups);
    const parsed = parseCommandLine(command, rest);
    if (parsed.options["help"] === true) {
      process.stdout.write(commandHelp(command));
      return exitCodes.ok;
    }
    return await run(command, parsed);
  } catch (error) {
    if (error instanceof UsageError) {
      report({ code: "usage", message: error.message, json });
      return exitCodes.usage;
    }
    const { code, message, details } = error as { code?: string; message?: string; details?: unknown };
    report({ code: code ?? "failed", message: message ?? String(error), details, json });
    if (process.env["MODELKEEP_DEBUG"] !== undefined) process.stderr.write(`${(error as Error).stack ?? ""}\n`);
    return exitCodeOf(error);
  }
}

async function run(command: Command, parsed: Parsed): Promise<number> {
  const context = createContext(command, parsed);
  const stop = new AbortController();
  // Many files are under way at once, and each listens.
  setMaxListeners(0, stop.signal);
  const interrupt = () => stop.abort(new Error("interrupted"));
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const withSignal = Object.assign(context, { signal: stop.signal });
  try {
    const loaded = await command.run();
    return (await loaded.run(withSignal)) ?? exitCodes.ok;
  } catch (error) {
    throw await explained(error, withSignal);
  } finally {
    process.removeListener("SIGINT", interrupt);
    process.removeListener("SIGTERM", interrupt);
    await context.close();
  }
}

function findCommand(argv: readonly string[], groups: Groups): { command: Command; rest: readonly string[] } {
  const commands = groups.flatMap((group) => group.commands);
  const words = argv.slice(0, 2).join(" ");
  const two = commands.find(({ name }) => name === words);
  if (two !== undefined) return { command: two, rest: argv.slice(2) };
  const one = commands.find(({ name, aliases }) => name === argv[0] || aliases?.includes(argv[0]!));
  if (one !== undefined) return { command: one, rest: argv.slice(1) };
  const close = nearest(
    argv[0]!,
    commands.map(({ name }) => name),
  );
  throw new UsageError(
    `There is no command ${JSON.stringify(argv[0])}${close === undefined ? "" : `; did you mean ${close}?`} modelkeep --help lists them`,
  );
}

function report({ json, ...error }: { code: string; message: string; details?: unknown; json: boolean }): void {
  process.stderr.write(json ? `${JSON.stringify({ error })}\n` : `modelkeep: ${error.message}\n`);
}
