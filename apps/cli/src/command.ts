import type { Context } from "./context.js";

export interface OptionSpec {
  readonly type: "string" | "boolean";
  readonly short?: string;
  /** May be given more than once. */
  readonly multiple?: boolean;
  /** What stands for the value in the help: "<url>". */
  readonly value?: string;
  /** Values to offer, where there are few and their names are known. Others may do, too. */
  readonly choices?: readonly string[];
  readonly description: string;
}

/** A command as data: the help and the parser are made from it, its code is loaded when it runs. */
export interface Command {
  readonly name: string;
  readonly aliases?: readonly string[];
  /** One line, beginning with a verb. */
  readonly summary: string;
  /** Positional arguments as the help shows them: "<file…> [--as <name>]" without options. */
  readonly positionals: string;
  /** How many positional arguments: least and most. */
  readonly count: readonly [least: number, most: number];
  /** Arguments to offer, where there are few and their names are known. */
  readonly choices?: readonly string[];
  readonly options?: Readonly<Record<string, OptionSpec>>;
  /** More to know, after the options: paragraphs. */
  readonly notes?: readonly string[];
  readonly examples?: readonly string[];
  /** `inspect` and `scan` look at files from strangers: they read no configuration of the folder they stand in. */
  readonly withoutConfiguration?: true;
  /** Gives the exit code; nothing means 0. */
  run(): Promise<{ run(context: Context): Promise<number | void> }>;
}

export type OptionValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

/** Options that every command takes. */
export const commonOptions: Readonly<Record<string, OptionSpec>> = {
  store: {
    type: "string",
    short: "s",
    value: "<url>",
    description:
      "the store: a folder, sqlite:FILE, s3://…, gs://…, azure://… or postgres://…; encrypted with age+ before it",
  },
  environment: {
    type: "string",
    short: "e",
    value: "<name>",
    description: "the store of this environment in modelkeep.json: dev, staging, prod",
  },
  identity: {
    type: "string",
    multiple: true,
    value: "<file>",
    description: "open what is encrypted (a store age+URL, a file *.age) with the keys in this file",
  },
  recipient: {
    type: "string",
    multiple: true,
    value: "<age1…>",
    description: "who can read a store or package that is encrypted now (default: you)",
  },
  passphrase: { type: "boolean", description: "ask for the passphrase of what is encrypted, instead of an identity" },
  json: { type: "boolean", description: "print JSON for programs" },
  plugin: {
    type: "string",
    multiple: true,
    value: "<package>",
    description: "load a codec, store or flavor from this package",
  },
  config: {
    type: "string",
    value: "<file>",
    description: "use this configuration file (JSON, or a module, which is run)",
  },
  "sign-with": {
    type: "string",
    value: "<key.pem>",
    description: "sign what is written to the history with this private key",
  },
  pins: {
    type: "string",
    value: "<file>",
    description: "remember here how far histories went, and refuse a registry that was set back",
  },
  quiet: { type: "boolean", short: "q", description: "print results only, no progress" },
  color: { type: "boolean", description: "colour even when the output is no terminal (--no-color for none)" },
  help: { type: "boolean", short: "h", description: "show this" },
};
