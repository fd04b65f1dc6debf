import { type Command, commonOptions, type OptionSpec } from "./command.js";

/** The commands by what they are for, as `modelkeep --help` shows them. */
export type Groups = readonly { readonly title: string; readonly commands: readonly Command[] }[];

export function generalHelp(groups: Groups, version: string): string {
  const width = Math.max(...groups.flatMap(({ commands }) => commands.map(({ name }) => name.length)));
  const lines = [
    `modelkeep ${version}: saves models with everything needed to trust them`,
    "",
    "Usage: modelkeep <command> [arguments] [options]",
    "",
  ];
  for (const { title, commands } of groups) {
    lines.push(title);
    for (const { name, summary } of commands) lines.push(`  ${name.padEnd(width)}  ${summary}`);
    lines.push("");
  }
  lines.push(
    "The store is --store, else $MODELKEEP_STORE, else what modelkeep.json says, else the folder ./models.",
    "A reference is NAME@ALIAS, NAME@3, NAME@LABEL or NAME@sha256:…; a file is a path.",
    "",
    "modelkeep <command> --help tells more about each. To begin with:",
    "  modelkeep save flowers model.onnx --samples rows.csv",
    "  modelkeep promote flowers@1",
    "  modelkeep predict flowers@production --input rows.csv",
  );
  return `${lines.join("\n")}\n`;
}

export function commandHelp(command: Command): string {
  const lines = [
    `${capital(command.summary)}.`,
    "",
    `Usage: modelkeep ${command.name} ${command.positionals} [options]`.replace(/ +/gu, " "),
  ];
  if (command.options !== undefined) lines.push("", "Options", ...optionLines(command.options));
  lines.push("", "Options of every command", ...optionLines(commonOptions));
  for (const note of command.notes ?? []) lines.push("", note);
  if (command.examples !== undefined) lines.push("", "Examples", ...command.examples.map((example) => `  ${example}`));
  return `${lines.join("\n")}\n`;
}

function optionLines(options: Readonly<Record<string, OptionSpec>>): string[] {
  const left = Object.entries(options).map(([name, { short, value }]) => {
    const long = `--${name}${value === undefined ? "" : ` ${value}`}`;
    return short === undefined ? `    ${long}` : `-${short}, ${long}`;
  });
  const width = Math.max(...left.map((each) => each.length));
  return Object.values(options).map(
    ({ description, multiple }, index) =>
      `  ${left[index]!.padEnd(width)}  ${description}${multiple ? " (repeatable)" : ""}`,
  );
}

function capital(text: string): string {
  return text[0]!.toUpperCase() + text.slice(1);
}
