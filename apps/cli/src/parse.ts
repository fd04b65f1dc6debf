import { parseArgs } from "node:util";

import { type Command, commonOptions, type OptionSpec, type OptionValues } from "./command.js";

/** What is wrong with a command line, for people. */
export class UsageError extends Error {}

export interface Parsed {
  readonly options: OptionValues;
  readonly positionals: readonly string[];
}

export function parseCommandLine(command: Command, argv: readonly string[]): Parsed {
  const specs = { ...commonOptions, ...command.options };
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({
      args: [...argv],
      options: forParser(specs),
      allowPositionals: true,
      allowNegative: true,
      strict: true,
    });
  } catch (error) {
    throw new UsageError(firstSentence((error as Error).message));
  }
  const { values, positionals } = parsed;
  const [least, most] = command.count;
  if (values["help"] !== true && positionals.length < least)
    throw new UsageError(`${command.name} needs ${command.positionals}`);
  if (positionals.length > most)
    throw new UsageError(
      `${command.name} takes ${command.positionals || "no arguments"}; ${JSON.stringify(positionals[most])} is too many`,
    );
  return { options: values as OptionValues, positionals };
}

function forParser(specs: Readonly<Record<string, OptionSpec>>) {
  return Object.fromEntries(
    Object.entries(specs).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
    ]),
  );
}

function firstSentence(message: string): string {
  return message.split(/\. |\n/u)[0]!;
}
