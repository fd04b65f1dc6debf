import { type Command, commonOptions, type OptionSpec } from "../../src/command.js";
import type { Groups } from "../../src/help.js";

/** `docs/command-line.md`, from what the help and the parser are made of. */
export function commandPage(groups: Groups): string {
  return `<!-- Written by apps/cli/test/pages/command-page.test.ts from the declarations: change them, then run that test with -u. -->

# The command line

\`modelkeep <command> [arguments] [options]\`; in this repository \`npm run -s modelkeep -- <command> …\`. \`modelkeep <command> --help\`
shows what stands here.

**The store** is \`--store\`, else \`$MODELKEEP_STORE\`, else what the nearest \`modelkeep.json\` says, else the folder \`./models\`. It is a
folder, \`sqlite:FILE\` or \`s3://BUCKET/PREFIX?endpoint=…&region=…\`. With \`age+\` before it, it is encrypted: [Encrypt a
store](guides/encrypt-a-store.md).

**Environments** stand in \`modelkeep.json\` under \`environments\`, by name, each with a \`store\` of its own.
\`--environment prod\`, else \`$MODELKEEP_ENVIRONMENT\`, else \`environment\` of \`modelkeep.json\` says which one is meant:
[Environments](guides/environments.md).

**Secrets** are never arguments. \`--identity\`, else \`$MODELKEEP_IDENTITY\`, names the file with your identity, else it is
\`~/.config/modelkeep/identity.txt\`; a passphrase comes from \`$MODELKEEP_PASSPHRASE\` or from the terminal.

**A reference** is \`NAME@ALIAS\`, \`NAME@3\`, \`NAME@LABEL\` or \`NAME@sha256:…\`. A bare \`NAME\` is what is in production, else the newest
active version.

**Who acts**, for the history: \`$MODELKEEP_ACTOR\` ("Ada <ada@example.org>"), else \`actor\` of \`modelkeep.json\`, else git's user, else the
system's.

**What signs** entries of the history: \`--sign-with\`, else \`$MODELKEEP_KEY\`, else \`key\` of a \`modelkeep.json\` that is trusted; each is
a file. Its passphrase, if it has one, is \`$MODELKEEP_KEY_PASSPHRASE\`. Where a model has signers, its entries are by whom the key was added for.

**modelkeep.json** may say \`store\`, \`payloads\`, \`cache\`, \`retry\` and \`encryption\` ([Environments](guides/environments.md)), \`environments\`, \`environment\`, \`plugins\` (a list of packages), \`actor\`, \`key\`, \`archives\` (stores that files may be moved to,
by name), \`policies\` (by alias: the policy that new models get, as \`policy set --file\` takes it) and \`signers\` (of new models, as
\`signers add --file\` takes them). It is looked for in this folder and above. Until \`modelkeep trust\` was run for this very text, its
plugins are not loaded, its key signs nothing, and its stores must lie below its own folder. Configuration
that is code is run only when \`--config\` names it.

## Exit codes

| code | meaning |
|---|---|
| 0 | done |
| 1 | it ran, and the answer is no: faults found, samples differ, files not clean |
| 2 | the command line, a name, a filter or an input can't be understood |
| 3 | a model, version, file or key does not exist |
| 4 | refused: a conflict, a rule, something that must not be overwritten |
| 5 | a file, a manifest or a history is malformed, or not what its digest says |
| 6 | a package is missing; the message says which |
| 7 | a store, disk or network failed |
| 130 | interrupted |

[Errors](errors.md) has the exit code of every error. Tables are for people: programs take \`--json\`. Progress is shown on
terminals only, colour never in pipes.

## Options of every command

${optionTable(commonOptions)}

${groups.map(({ title, commands }) => [`## ${title}`, ...commands.map(section)].join("\n\n")).join("\n\n")}
`;
}

function section(command: Command): string {
  const {
    name,
    aliases = [],
    summary,
    positionals,
    options,
    notes = [],
    examples = [],
    withoutConfiguration,
  } = command;
  const parts = [`### ${name}`, `${summary[0]!.toUpperCase()}${summary.slice(1)}.`];
  parts.push(["```sh", `modelkeep ${name} ${positionals}`.trim(), "```"].join("\n"));
  if (aliases.length > 0) parts.push(`Also called ${aliases.map((alias) => `\`${alias}\``).join(", ")}.`);
  if (options !== undefined) parts.push(optionTable(options));
  if (withoutConfiguration === true)
    parts.push("Reads no project configuration: it is made for files and folders of strangers.");
  parts.push(...notes);
  if (examples.length > 0) parts.push(["```sh", ...examples, "```"].join("\n"));
  return parts.join("\n\n");
}

function optionTable(options: Readonly<Record<string, OptionSpec>>): string {
  const rows = Object.entries(options).map(([name, { short, value, description, multiple }]) => {
    const long = `--${name}${value === undefined ? "" : ` ${value}`}`;
    const flags = [...(short === undefined ? [] : [`-${short}`]), long].map((flag) => `\`${flag}\``).join(", ");
    return `| ${flags} | ${description.replaceAll("|", "\\|")}${multiple === true ? " (repeatable)" : ""} |`;
  });
  return ["| option | meaning |", "|---|---|", ...rows].join("\n");
}
