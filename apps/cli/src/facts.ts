import { readFile } from "node:fs/promises";
import { basename } from "node:path";

import { ModelkeepError } from "@modelkeep/core";
import { digestFile, gitAuthor, gitFacts, runtimeFacts } from "@modelkeep/core/node";
import type { Metadata } from "@modelkeep/registry";

import type { Context } from "./context.js";
import { splitPair } from "./reference.js";
import { readTime } from "./times.js";

/** What can be known without being told: commit, author, runtime; and what the options say. */
export async function gatherMetadata({ folder, options }: Context): Promise<Metadata> {
  const [git, author, data, { metrics, crossValidation }, parameters] = await Promise.all([
    gitFacts(folder),
    gitAuthor(folder),
    Promise.all(options.list("data").map(describeData)),
    scores(options.text("metrics"), options.list("metric")),
    values(options.text("parameters"), options.list("parameter")),
  ]);
  const run = options.text("run");
  const tags = Object.fromEntries(options.list("tag").map((pair) => splitPair(pair, "A tag")));
  return {
    environment: { ...runtimeFacts() },
    ...(git === undefined && run === undefined
      ? {}
      : { source: { ...(git === undefined ? {} : { git: { ...git } }), ...(run === undefined ? {} : { run }) } }),
    ...(author === undefined ? {} : { author: { ...author } }),
    ...(data.length === 0 ? {} : { data }),
    ...optional("trained", trainedAt(options.text("trained"))),
    ...optional("description", options.text("description")),
    ...optional("licence", options.text("licence")),
    ...(Object.keys(metrics).length === 0 ? {} : { metrics }),
    ...(Object.keys(crossValidation).length === 0 ? {} : { crossValidation }),
    ...(Object.keys(parameters).length === 0 ? {} : { parameters: parameters as Metadata["parameters"] }),
    ...(Object.keys(tags).length === 0 ? {} : { tags }),
  };
}

async function describeData(file: string) {
  const { digest, size } = await digestFile(file);
  return { name: basename(file), role: "train", digest, size };
}

/** Numbers are metrics; lists of numbers are the scores of the folds of a cross-validation. */
async function scores(file: string | undefined, pairs: readonly string[]) {
  const metrics: Record<string, number> = {};
  const crossValidation: Record<string, number[]> = {};
  for (const [name, value] of Object.entries(await values(file, pairs))) {
    if (typeof value === "number") metrics[name] = value;
    else if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "number"))
      crossValidation[name] = value;
    else
      throw new ModelkeepError(
        "invalid_input",
        `The metric ${JSON.stringify(name)} is neither a number nor a list of numbers, one for each fold`,
      );
  }
  return { metrics, crossValidation };
}

/** A day stays a day. */
function trainedAt(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const time = readTime(text).toISOString();
  return time.slice(0, 10) === text ? text : time;
}

/** Scalars of a JSON file, nested ones under dotted names, then the pairs. */
async function values(file: string | undefined, pairs: readonly string[]): Promise<Record<string, unknown>> {
  const all: Record<string, unknown> = {};
  if (file !== undefined) flatten(parseFile(file, await readFile(file, "utf8")), "", all);
  for (const pair of pairs) {
    const [name, text] = splitPair(pair, "A value");
    all[name] = scalar(text);
  }
  return all;
}

function parseFile(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ModelkeepError("invalid_input", `${file} is not JSON: ${(cause as Error).message}`, { cause });
  }
}

function flatten(value: unknown, name: string, into: Record<string, unknown>): void {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    for (const [key, each] of Object.entries(value)) flatten(each, name === "" ? key : `${name}.${key}`, into);
  } else if (name !== "") into[name] = value;
}

function scalar(text: string): string | number | boolean {
  if (text === "true" || text === "false") return text === "true";
  const number = Number(text);
  return text.trim() !== "" && !Number.isNaN(number) ? number : text;
}

function optional<K extends string>(key: K, value: string | undefined): Partial<Record<K, string>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, string>);
}
