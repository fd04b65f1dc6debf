import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { fileSource, folderSources } from "@modelkeep/core/node";
import { type Inputs, ModelkeepError, parseDigest } from "@modelkeep/core";
import type {
  BlobSource,
  GivenOutputs,
  Registry,
  RepresentationChoice,
  SamplesInput,
  Saved,
  SaveInput,
} from "@modelkeep/registry";

import type { Context } from "../context.js";
import { gatherMetadata } from "../facts.js";
import { formatBytes, type Output } from "../output.js";
import { inFile } from "../in-file.js";
import { folderMain, isTfjs, shardsOf } from "../model-folder.js";
import { openPath } from "../open-path.js";
import { UsageError } from "../parse.js";
import { progressBar } from "../progress.js";
import { splitPair } from "../reference.js";
import { collect, readRows } from "../rows.js";

export async function run(context: Context): Promise<number | void> {
  const { options, output, signal } = context;
  const batch = options.text("batch");
  if (batch !== undefined) {
    if (context.arguments.length > 0) throw new UsageError("With --batch, names and files stand in that file");
    const { saveBatch } = await import("./save-batch.js");
    return saveBatch(context, batch);
  }
  if (context.arguments.length < 2) throw new UsageError("save needs <name> <file…>, or --batch");
  const [name, ...paths] = context.arguments as [string, ...string[]];
  const registry = await context.registry({ withPlugins: true, writes: true });
  const [metadata, files, lineage, samples] = await Promise.all([
    gatherMetadata(context),
    filesOf(paths, options.list("with")),
    lineageOf(registry, options.text("parent")),
    samplesOf(options.text("samples"), options.text("expected")),
  ]);
  const forms = options.list("as").length > 0 ? options.list("as") : await ownForms(context, paths[0]!);
  const bar = progressBar(output, `saving ${name}`);
  const saving = registry
    .save(name, {
      ...metadata,
      ...lineage,
      files,
      ...(forms.length > 0 && { as: forms }),
      samples,
      labels: options.list("label"),
      again: options.flag("again"),
      signal,
      progress: bar.report,
    })
    .finally(bar.stop);
  const saved = await (paths.length === 1 ? inFile(paths[0]!, saving) : saving);
  warnOfNotMade(saved, output);
  warnOfNotReproduced(saved, output);
  const { manifest, ...facts } = saved;
  const size = manifest.payloads.reduce((sum, payload) => sum + payload.size, 0);
  const kept = manifest.representations.map((each) => each.name).join(", ");
  output.result(facts, () =>
    saved.existing
      ? `${saved.reference} has the same content: nothing was added (--again makes a new version of it)`
      : `Saved ${output.style("bold", saved.reference)}  ${kept}, ${formatBytes(size)}${manifest.samples === undefined ? "" : `, ${manifest.samples.rows} samples`}\n${saved.digest}`,
  );
  const { runtimes } = await context.plugins();
  const runs = manifest.representations.some(({ codec, flavor }) =>
    runtimes.some((runtime) => runtime.runs({ codec, ...(flavor !== undefined && { flavor }) })),
  );
  if (!runs) output.note("Nothing here runs this model: it is kept, verified and versioned");
  else if (manifest.samples === undefined)
    output.note("Without --samples it can't be proved later that it predicts the same");
}

/** The model's files, and those with a role. A folder stands for all files in it. */
export async function filesOf(paths: readonly string[], withRoles: readonly string[]): Promise<BlobSource[]> {
  const sources: BlobSource[] = [];
  for (const path of paths) sources.push(...(await modelsOf(path)));
  for (const pair of withRoles) {
    const [role, path] = splitPair(pair, "--with");
    sources.push(...(await sourcesOf(path)).map((source) => ({ ...source, role })));
  }
  return sources;
}

/** Each file is a model, but for those of a SavedModel or a model of TensorFlow.js, which are one. */
async function modelsOf(path: string): Promise<BlobSource[]> {
  const files = await sourcesOf(path);
  const folder = (await stat(path)).isDirectory();
  if (!folder && (await isTfjs(path)))
    for (const shard of await shardsOf(path))
      files.push(await fileSource({ file: join(dirname(path), shard), path: shard }));
  const mainPath = folder ? await folderMain(path) : files.length > 1 ? files[0]!.path : undefined;
  const main = files.find((file) => file.path === mainPath);
  const role = (file: BlobSource) => (main === undefined || file === main ? "model" : "external-data");
  return files.map((file) => ({ ...file, role: role(file) }));
}

async function sourcesOf(path: string): Promise<BlobSource[]> {
  const found = await stat(path).catch((cause: unknown) => {
    throw new ModelkeepError("not_found", `There is no file ${JSON.stringify(path)}`, { cause });
  });
  return found.isDirectory() ? folderSources(path) : [await fileSource(path)];
}

export async function samplesOf(
  rows: string | undefined,
  expected: string | undefined,
): Promise<SamplesInput | undefined> {
  if (rows === undefined) {
    if (expected !== undefined)
      throw new ModelkeepError("invalid_input", "--expected tells the predictions of the rows that --samples names");
    return undefined;
  }
  const inputs = await collect(readRows(rows));
  if (inputs.length === 0) throw new ModelkeepError("invalid_input", `${rows} has no rows`);
  return { inputs: inputs as Inputs, outputs: expected === undefined ? undefined : await expectedOf(expected) };
}

/** Rows with the outputs by name, or what `modelkeep predict --json` prints. */
async function expectedOf(path: string): Promise<GivenOutputs> {
  const rows = await collect(readRows(path));
  const { outputs } = (rows[0] ?? {}) as { outputs?: unknown };
  return (rows.length === 1 && typeof outputs === "object" && outputs !== null ? outputs : rows) as GivenOutputs;
}

/** The parent by what it is, not only by what it is called. */
async function lineageOf(registry: Registry, parent: string | undefined): Promise<Pick<SaveInput, "lineage">> {
  if (parent === undefined) return {};
  const { name, version, digest } = await registry.resolve(parent);
  return { lineage: { parent: { name, version, digest: parseDigest(digest) } } };
}

/** What runs in Python or TensorFlow.js only: with it goes the ONNX made of it, where one can be made. */
const elsewhere: ReadonlySet<string> = new Set(["pickle", "joblib", "keras", "savedmodel", "tfjs"]);

/** The ONNX made of the files, for those that only Python or TensorFlow.js runs. */
export async function ownForms(
  { plugins, folder, identities }: Context,
  path: string,
): Promise<readonly RepresentationChoice[]> {
  const { codecs } = await plugins();
  const file = resolve(folder, path);
  if (path.endsWith(".age")) return [];
  // Any other folder is an envelope, or a mistake that is told later.
  if ((await stat(file)).isDirectory() && (await folderMain(file)) === undefined) return [];
  const opened = await openPath(file, codecs, identities);
  const runsElsewhere = opened.kind === "file" && elsewhere.has(opened.codec?.name ?? "");
  return runsElsewhere ? [{ codec: "onnx", optional: true }] : [];
}

/** Why not is said, and the file kept as it is. */
export function warnOfNotMade({ reference, notMade = [] }: Pick<Saved, "reference" | "notMade">, output: Output): void {
  for (const { message } of notMade) output.warn(`${reference} is kept as it is, without ONNX: ${message}`);
}

/** The version is kept; its first promotion would find the same, perhaps weeks later. */
export function warnOfNotReproduced(
  { reference, notReproduced: found }: Pick<Saved, "reference" | "notReproduced">,
  output: Output,
): void {
  if (found === undefined) return;
  const { representation, runtime, message } = found;
  output.warn(`${reference} does not give its expected outputs (${representation} by ${runtime}): ${message}`);
}
