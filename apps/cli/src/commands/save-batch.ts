import { createReadStream } from "node:fs";
import { dirname, resolve } from "node:path";
import { createInterface } from "node:readline";

import { isModelkeepError, ModelkeepError, type Progress, throwIfAborted } from "@modelkeep/core";
import type { Metadata, Saved, SaveInput } from "@modelkeep/registry";

import type { Context } from "../context.js";
import { exitCodes } from "../exit-codes.js";
import { gatherMetadata } from "../facts.js";
import { counted } from "../output.js";
import { progressBar } from "../progress.js";
import { filesOf, ownForms, samplesOf, warnOfNotMade, warnOfNotReproduced } from "./save.js";

/** What a line says of one model. Paths are seen from the folder of the file that holds the line. */
interface BatchLine {
  readonly name: string;
  readonly files: readonly string[];
  readonly samples?: string;
  readonly expected?: string;
  readonly as?: readonly string[];
  readonly labels?: readonly string[];
  readonly metadata: Metadata;
}

interface Outcome {
  readonly line: number;
  readonly name: string | undefined;
  readonly reference?: string;
  readonly existing?: boolean;
  readonly notMade?: Saved["notMade"];
  readonly notReproduced?: Saved["notReproduced"];
  readonly error?: { readonly code: string; readonly message: string };
}

/** Models that are under way at a time: as many as the store can bring to the disk together, and few enough to be interrupted. */
const together = 64;
const fields = new Set(
  "name file files samples expected as labels metrics crossValidation trained parameters tags description licence".split(
    " ",
  ),
);

/** Saves the models of a JSON Lines file, one a line. One that fails does not stop the others; any makes the exit code 1. */
export async function saveBatch(context: Context, path: string): Promise<number> {
  const { output, folder, signal } = context;
  const file = resolve(folder, path);
  const [registry, common, lines] = await Promise.all([
    context.registry({ withPlugins: true, writes: true }),
    gatherMetadata(context),
    linesOf(file),
  ]);
  const bar = progressBar(output, "saving", { unit: "model" });
  const outcomes: Outcome[] = [];
  for (let start = 0; start < lines.length; start += together) {
    throwIfAborted(signal);
    const part = await Promise.all(lines.slice(start, start + together).map((line) => prepared(line, common)));
    const ready = part.filter((each) => "input" in each);
    const results = await registry.saveAll(ready.map(({ input }) => ({ ...input, signal })));
    const found = new Map(ready.map((each, index) => [each.line, results[index]!]));
    for (const each of part) outcomes.push("input" in each ? outcomeOf(each, found.get(each.line)!) : each);
    bar.report({ done: outcomes.length, total: lines.length } satisfies Progress);
  }
  bar.stop();
  throwIfAborted(signal);
  for (const { reference, notMade, notReproduced } of outcomes) {
    if (reference === undefined) continue;
    warnOfNotMade({ reference, notMade }, output);
    warnOfNotReproduced({ reference, notReproduced }, output);
  }
  const failed = outcomes.filter((each) => each.error !== undefined);
  output.result(outcomes, () => {
    const existing = outcomes.filter((each) => each.existing === true).length;
    const saved = outcomes.length - failed.length - existing;
    const parts = [`Saved ${counted(saved, "model")}`];
    if (existing > 0) parts.push(`${existing} were there with the same content`);
    if (failed.length > 0) parts.push(`${failed.length} failed`);
    const faults = failed.map(
      ({ line, name, error }) => `line ${line}${name === undefined ? "" : ` (${name})`}: ${error!.message}`,
    );
    return [parts.join(", "), ...faults].join("\n");
  });
  return failed.length === 0 ? exitCodes.ok : exitCodes.negative;

  async function prepared(
    { number, text }: Line,
    common: Metadata,
  ): Promise<{ line: number; input: SaveInput & { name: string } } | Outcome> {
    let name: string | undefined;
    try {
      const line = parseLine(text);
      name = line.name;
      const at = (path: string) => resolve(dirname(file), path);
      const [files, samples] = await Promise.all([
        filesOf(line.files.map(at), []),
        samplesOf(line.samples && at(line.samples), line.expected && at(line.expected)),
      ]);
      const { labels, metadata, as = await ownForms(context, at(line.files[0]!)) } = line;
      const forms = as.length > 0 ? { as } : {};
      const again = context.options.flag("again");
      return { line: number, input: { ...common, ...metadata, ...forms, name, files, samples, labels, again } };
    } catch (error) {
      return { line: number, name, error: errorOf(error) };
    }
  }
}

interface Line {
  readonly number: number;
  readonly text: string;
}

async function linesOf(file: string): Promise<Line[]> {
  const lines: Line[] = [];
  let number = 0;
  try {
    for await (const text of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number++;
      if (text.trim() !== "") lines.push({ number, text });
    }
  } catch (cause) {
    throw new ModelkeepError("not_found", `${file} can't be read: ${(cause as Error).message}`, { cause });
  }
  if (lines.length === 0) throw new ModelkeepError("invalid_input", `${file} names no model`);
  return lines;
}

function parseLine(text: string): BatchLine {
  const fault = (what: string, cause?: unknown) => new ModelkeepError("invalid_input", what, { cause });
  let given: Record<string, unknown>;
  try {
    given = JSON.parse(text) as Record<string, unknown>;
  } catch (cause) {
    throw fault(`It is not JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof given !== "object" || given === null || Array.isArray(given)) throw fault("It is no object");
  const unknown = Object.keys(given).find((key) => !fields.has(key));
  if (unknown !== undefined)
    throw fault(`${JSON.stringify(unknown)} is no field of a line; these are: ${[...fields].join(", ")}`);
  const { name, file, files = file === undefined ? [] : [file], samples, expected, as, labels, ...metadata } = given;
  if (typeof name !== "string") throw fault('"name" is missing');
  for (const [key, value] of Object.entries({ files, as, labels }))
    if (value !== undefined && !(Array.isArray(value) && value.every((each) => typeof each === "string")))
      throw fault(`${JSON.stringify(key)} is no list of texts`);
  if ((files as string[]).length === 0) throw fault('"file" or "files" is missing');
  for (const [key, value] of Object.entries({ samples, expected }))
    if (value !== undefined && typeof value !== "string") throw fault(`${JSON.stringify(key)} is no path`);
  return { name, files, samples, expected, as, labels, metadata } as BatchLine;
}

function outcomeOf(
  { line, input }: { line: number; input: { name: string } },
  result: PromiseSettledResult<Saved>,
): Outcome {
  if (result.status === "rejected") return { line, name: input.name, error: errorOf(result.reason) };
  const { name, reference, existing, notMade, notReproduced } = result.value;
  return { line, name, reference, existing, ...(notMade && { notMade }), ...(notReproduced && { notReproduced }) };
}

function errorOf(error: unknown): NonNullable<Outcome["error"]> {
  if (isModelkeepError(error)) return { code: error.code, message: error.message };
  return { code: "failed", message: error instanceof Error ? error.message : String(error) };
}
