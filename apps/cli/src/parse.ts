import { parseArgs } from "node:util";

import { type Command, commonOptions, type OptionSpec, type OptionValues } from "./command.js";
import { nearest } from "./nearest.js";

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
    throw new UsageError(`${optionTrouble(error as Error, Object.keys(specs))} ${helpOf(command)}`);
  }
  const { values, positionals } = parsed;
  const [least, most] = command.count;
  if (values["help"] !== true && positionals.length < least)
    throw new UsageError(`${command.name} needs ${command.positionals}; ${helpOf(command)}`);
  if (positionals.length > most)
    throw new UsageError(
      `${command.name} takes ${command.positionals || "no arguments"}, and ${JSON.stringify(positionals[most])} is too many; ${helpOf(command)}`,
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

function helpOf({ name }: Command): string {
  return `modelkeep ${name} --help tells more`;
}

/** What node's parser says, in our words; a name that is nearly one of ours is a slip. */
function optionTrouble({ message }: Error, names: readonly string[]): string {
  const [sentence] = message.split(/\. |\n/u) as [string];
  const unknown = /^Unknown option '(-.*)'$/u.exec(sentence)?.[1];
  if (unknown !== undefined) {
    const given = unknown.replace(/^--?(?:no-)?/u, "").split("=")[0]!;
    const close = given.length > 1 ? nearest(given, names) : undefined;
    return `There is no option ${unknown};${close === undefined ? "" : ` did you mean --${close}?`}`;
  }
  const missing = /^Option '(.*) <value>' argument missing$/u.exec(sentence)?.[1];
  return missing === undefined ? `${sentence};` : `${missing.split(", ").at(-1)} needs a value;`;
}
