import { type Envelope, type Inputs, isModelkeepError, type Progress } from "@modelkeep/core";
import { filePayloads, fileSource } from "@modelkeep/core/node";
import type { BlobSource, Registry, Saved, SaveInput } from "@modelkeep/registry";

import type { ImportPlan, PlannedVersion } from "./plan.js";
import { unpack } from "./unpack.js";

/** How many models are imported at a time, and who is told. */
export interface ImportRunOptions {
  /** Models that are imported at the same time; versions of one model go one after the other. Default 8. */
  readonly concurrency?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** In versions. */
  readonly progress?: ((progress: Progress) => void) | undefined;
}

/** What became of one planned version. */
export interface ImportedVersion {
  readonly name: string;
  readonly label: string;
  readonly from: string;
  readonly outcome: "saved" | "there already" | "failed";
  readonly version?: number | undefined;
  /** Forms it is kept in: "joblib", "onnx". */
  readonly representations?: readonly string[] | undefined;
  /** What could not be carried over, or why it failed. */
  readonly notes: readonly string[];
}

/** What became of each version of a plan, and what the plan had left out. */
export interface ImportReport {
  readonly versions: readonly ImportedVersion[];
  readonly left: ImportPlan["left"];
}

/**
 * Saves what a plan lists. A version whose label is there is left alone, so that an import that was cut off can be run
 * again. One that fails does not stop the others: its outcome says why.
 */
export async function runImport(
  registry: Registry,
  plan: ImportPlan,
  options: ImportRunOptions = {},
): Promise<ImportReport> {
  const { concurrency = 8, signal, progress } = options;
  const models = grouped(plan.versions);
  const done = new Map<PlannedVersion, ImportedVersion>();
  const work = models.values();
  const worker = async (): Promise<void> => {
    for (const versions of work)
      for (const version of versions) {
        signal?.throwIfAborted();
        done.set(version, await importVersion(registry, version, signal));
        progress?.({ done: done.size, total: plan.versions.length });
      }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(concurrency, models.length) }, worker));
  } finally {
    await plan[Symbol.asyncDispose]?.();
  }
  return { versions: plan.versions.map((version) => done.get(version)!), left: plan.left };
}

async function importVersion(
  registry: Registry,
  planned: PlannedVersion,
  signal?: AbortSignal,
): Promise<ImportedVersion> {
  const { name, label, from } = planned;
  const notes = [...planned.notes];
  try {
    const known = await labelled(registry, name, label);
    if (known !== undefined) {
      // Never made or moved now: it may be gone on purpose.
      for (const alias of planned.aliases.filter((each) => !(each in known.aliases)))
        notes.push(
          `was there already, so no alias was made: modelkeep alias ${name}@${known.version} ${alias} makes it`,
        );
      return { name, label, from, outcome: "there already", version: known.version, notes };
    }
    if (planned.envelope !== undefined) return await importWhole(registry, planned, planned.envelope(), notes, signal);
    await using unpacked = await unpack(planned.files, signal);
    const files: BlobSource[] = [];
    for (const each of planned.files) {
      const { path, role, size, open } = each;
      if (open !== undefined) {
        files.push({ path, role, open, ...(size !== undefined && { size }) });
        continue;
      }
      const file = unpacked.where(each);
      files.push({ ...(await fileSource({ file, path })), role });
      if (role === "python-objects") notes.push(await scanned(file, path));
    }
    const input = { ...planned.metadata, files, labels: [label], again: true, signal };
    const saved = await saveAtBest(registry, planned, input, notes);
    for (const alias of planned.aliases)
      await registry.alias(name, alias, saved.version, { reason: `imported from ${from}`, signal });
    const representations = saved.manifest.representations.map((each) => each.name);
    return { name, label, from, outcome: "saved", version: saved.version, representations, notes };
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted") throw error;
    return { name, label, from, outcome: "failed", notes: [...notes, error.message] };
  }
}

/** Pickled objects that go along with a model are kept as they are; what they would do, had they been loaded, is told. */
async function scanned(file: string, path: string): Promise<string> {
  const { scanFile } = await import("@modelkeep/pickle");
  const { verdict, findings } = await scanFile((await filePayloads([{ file, path }])).main);
  const first = findings.find((each) => each.verdict === verdict);
  const why = verdict === "clean" || first === undefined ? "" : `: ${first.message}`;
  return `a scan finds ${path} ${verdict}${why}`;
}

/** One of ours, its manifest byte for byte. */
async function importWhole(
  registry: Registry,
  { name, label, from }: PlannedVersion,
  envelope: Envelope,
  notes: string[],
  signal?: AbortSignal,
): Promise<ImportedVersion> {
  const { version, existing, manifest, leftAttestations } = await registry.importEnvelope(envelope, {
    name,
    labels: [label],
    signal,
  });
  notes.push(...(leftAttestations ?? []).map(({ message }) => `an attestation was left out: ${message}`));
  const representations = manifest.representations.map((each) => each.name);
  return { name, label, from, outcome: existing ? "there already" : "saved", version, representations, notes };
}

/** With the ONNX made of it and with the source's examples as samples, or with as much of that as can be; why not goes into the notes. */
async function saveAtBest(
  registry: Registry,
  { name, files, examples }: PlannedVersion,
  input: SaveInput,
  notes: string[],
): Promise<Saved> {
  const pickled = /\.(joblib|pkl|pickle)(\.\w+)?$/iu.test(files[0]?.path ?? "");
  const onnx: SaveInput = pickled ? { as: [{ codec: "onnx", optional: true }] } : {};
  const wishes: { readonly input: SaveInput; readonly without: string }[] = [];
  if (examples !== undefined)
    wishes.push({ input: { ...onnx, samples: { inputs: examples as Inputs } }, without: "its examples as samples" });
  // What does not even decode is kept as it is.
  if (pickled) wishes.push({ input: onnx, without: "ONNX" });
  for (const wish of wishes) {
    try {
      const saved = await registry.save(name, { ...input, ...wish.input });
      notes.push(...(saved.notMade ?? []).map(({ message }) => `kept without ONNX: ${message}`));
      return saved;
    } catch (error) {
      if (!isModelkeepError(error) || !ofTheModel.has(error.code)) throw error;
      notes.push(`kept without ${wish.without}: ${error.message}`);
    }
  }
  return registry.save(name, input);
}

/** What is wrong with the model or its examples, not with the store or the caller. */
const ofTheModel: ReadonlySet<string> = new Set([
  "unsupported",
  "pickle_global",
  "malformed",
  "truncated",
  "limit_exceeded",
  "invalid_input",
  "signature_mismatch",
  "samples_differ",
  "runtime_failed",
]);

/** The version with the label, and the model's aliases. */
async function labelled(
  registry: Registry,
  name: string,
  label: string,
): Promise<{ readonly version: number; readonly aliases: Readonly<Record<string, number>> } | undefined> {
  try {
    const { versions, aliases } = await registry.show(name);
    const found = versions.find((version) => version.labels.includes(label));
    return found === undefined ? undefined : { version: found.version, aliases };
  } catch (error) {
    if (isModelkeepError(error, "not_found")) return undefined;
    throw error;
  }
}

function grouped(versions: readonly PlannedVersion[]): PlannedVersion[][] {
  const groups = new Map<string, PlannedVersion[]>();
  for (const version of versions) {
    const group = groups.get(version.name);
    if (group === undefined) groups.set(version.name, [version]);
    else group.push(version);
  }
  return [...groups.values()];
}
