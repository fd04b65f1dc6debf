import { type CompletedCommand, type CompletedOption, nextWords, ofEvery } from "./completed.js";

export function fishCompletion(commands: readonly CompletedCommand[]): string {
  const lines = [
    "# fish completion for modelkeep: modelkeep completion fish > ~/.config/fish/completions/modelkeep.fish",
    "function __modelkeep_after",
    "    set -l words (commandline -opc)",
    "    test (count $words) -eq (math (count $argv) + 1); or return 1",
    '    test -z "$argv"; or test "$words[2..-1]" = "$argv"',
    "end",
    "function __modelkeep_in",
    "    set -l words (commandline -opc)",
    "    set -l last (math (count $argv) + 1)",
    '    test (count $words) -ge $last; and test "$words[2..$last]" = "$argv"',
    "end",
    "complete -c modelkeep -f",
  ];
  const firsts = nextWords(commands);
  for (const [word, text] of firsts)
    lines.push(`complete -c modelkeep -n '__modelkeep_after' -a ${word} -d ${quoted(text)}`);
  for (const first of firsts.keys())
    for (const [word, text] of nextWords(commands, first))
      lines.push(`complete -c modelkeep -n '__modelkeep_after ${first}' -a ${word} -d ${quoted(text)}`);
  for (const option of ofEvery) lines.push(`complete -c modelkeep -n 'not __modelkeep_after' ${optionFlags(option)}`);
  for (const { words, options, positionals } of commands) {
    const inside = `complete -c modelkeep -n '__modelkeep_in ${words.join(" ")}'`;
    if (positionals === "file") lines.push(`${inside} -F`);
    else if (positionals !== "unknown") lines.push(`${inside} -a ${quoted(positionals.join(" "))}`);
    for (const option of options) if (!ofEvery.includes(option)) lines.push(`${inside} ${optionFlags(option)}`);
  }
  return `${lines.join("\n")}\n`;
}

function optionFlags({ name, short, description, value }: CompletedOption): string {
  const flags = [`-l ${name}`, ...(short === undefined ? [] : [`-s ${short}`]), `-d ${quoted(description)}`];
  if (value === "file") flags.push("-r -F");
  else if (value === "unknown") flags.push("-x");
  else if (value !== undefined) flags.push(`-x -a ${quoted(value.join(" "))}`);
  return flags.join(" ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
