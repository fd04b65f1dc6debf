import { type Command, commonOptions, type OptionSpec } from "../command.js";
import type { Groups } from "../help.js";

/** What may stand somewhere: one of these words, a file, or something that can't be known. */
export type Expected = readonly string[] | "file" | "unknown";

export interface CompletedOption {
  readonly name: string;
  readonly short?: string | undefined;
  readonly description: string;
  /** Absent for a flag. */
  readonly value?: Expected;
}

/** A command as completion sees it; an alias is one of its own. */
export interface CompletedCommand {
  /** One word or two. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  readonly positionals: Expected;
}

/** Options of every command. */
export const ofEvery: readonly CompletedOption[] = completedOptions(commonOptions);

/** The same for every shell, from the declarations that the parser is made of. */
export function completedCommands(groups: Groups): CompletedCommand[] {
  return groups.flatMap(({ commands }) =>
    commands.flatMap((command) => [command.name, ...(command.aliases ?? [])].map((name) => completed(name, command))),
  );
}

/** The words that may follow: all first words, or the second words after a first one. Each once, with what it says. */
export function nextWords(commands: readonly CompletedCommand[], first?: string): ReadonlyMap<string, string> {
  const at = first === undefined ? 0 : 1;
  const found = new Map<string, string>();
  for (const { words, summary } of commands) {
    const word = words[at];
    if (word === undefined || (first !== undefined && words[0] !== first)) continue;
    const others = commands.filter((each) => each.words[at] === word && each.words.length > at + 1);
    const text = words.length === at + 1 ? summary : others.map((each) => each.words[at + 1]).join(", ");
    if (!found.has(word) || words.length === at + 1) found.set(word, text);
  }
  return found;
}

function completed(name: string, { summary, options = {}, positionals, choices }: Command): CompletedCommand {
  return {
    words: name.split(" "),
    summary,
    options: [...completedOptions(options), ...ofEvery],
    positionals: choices ?? (/file|folder|store/u.test(positionals) ? "file" : "unknown"),
  };
}

function completedOptions(options: Readonly<Record<string, OptionSpec>>): CompletedOption[] {
  return Object.entries(options).map(([name, spec]) => completedOption(name, spec));
}

function completedOption(name: string, { type, short, value = "", description, choices }: OptionSpec): CompletedOption {
  const about = { name, short, description };
  if (type === "boolean") return about;
  return { ...about, value: choices ?? (/^<(?:file|folder|note|[\w.]*[.]pem)>$/u.test(value) ? "file" : "unknown") };
}
