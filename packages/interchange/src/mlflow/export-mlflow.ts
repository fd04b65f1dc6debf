import { lstat, mkdir, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";

import { type Envelope, ModelkeepError, readSamples, type Representation, type Signature } from "@modelkeep/core";
import { partialOf, removeOtherPartials, syncFolder, writeNewFile } from "@modelkeep/core/node";

import { stringify } from "yaml";

import { mlflowExample } from "./example.js";
import { mlflowSignature } from "./signature.js";

/** What the exported model is called. */
export interface ExportMlflowOptions {
  /** What the model is called in its metadata: "credit-scorer@3". */
  readonly reference?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What an exported folder holds. */
export interface ExportedMlflow {
  /** MLflow's flavors of it: "onnx", "sklearn"; those of its own `MLmodel` where it came from MLflow. */
  readonly flavors: readonly string[];
  /** Paths in the folder. */
  readonly files: readonly string[];
  /** True where the folder is, byte for byte, the one that was imported. */
  readonly original: boolean;
}

/**
 * Lays a version out as a new MLflow model folder, whole or not at all, each byte verified. What was imported from MLflow
 * becomes the folder that it was. `unsupported` where MLflow has no flavor for any of its representations.
 */
export async function exportMlflow(
  envelope: Envelope,
  folder: string,
  options: ExportMlflowOptions = {},
): Promise<ExportedMlflow> {
  const plan =
    envelope.payload("mlflow/MLmodel") === undefined ? await planned(envelope, options.reference) : original(envelope);
  await checkNew(folder);
  const partial = partialOf(folder);
  await mkdir(partial, { mode: 0o700 });
  try {
    await removeOtherPartials(folder, partial);
    for (const [path, source] of plan.files) {
      options.signal?.throwIfAborted();
      const target = join(partial, ...path.split("/"));
      await mkdir(dirname(target), { recursive: true });
      await writeNewFile(target, typeof source === "string" ? textOf(source) : source());
    }
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
  await syncFolder(dirname(folder));
  return { flavors: plan.flavors, files: [...plan.files.keys()], original: plan.original };
}

interface FolderPlan {
  readonly flavors: readonly string[];
  readonly files: ReadonlyMap<string, string | (() => AsyncIterable<Uint8Array>)>;
  readonly original: boolean;
}

/** The files as they were before the import put those of MLflow apart. Forms that were made since stay behind. */
function original(envelope: Envelope): FolderPlan {
  const made = envelope.manifest.representations
    .filter((each) => each.convertedFrom !== undefined)
    .flatMap((each) => each.payloads);
  const kept = envelope.manifest.payloads.filter(
    ({ path, role }) => ["model", "mlflow"].includes(role) && !made.includes(path),
  );
  const extra = envelope.manifest.extra?.["mlflow"] as { flavors?: string[] } | undefined;
  return {
    flavors: extra?.flavors ?? [],
    files: new Map(kept.map(({ path }) => [path.replace(/^mlflow\//u, ""), streamOf(envelope, path)])),
    original: true,
  };
}

async function planned(envelope: Envelope, reference: string | undefined): Promise<FolderPlan> {
  const { manifest } = envelope;
  const onnx = manifest.representations.find((each) => each.codec === "onnx");
  const pickle = manifest.representations.find((each) => each.codec === "pickle" && each.convertedFrom === undefined);
  if (onnx === undefined && pickle === undefined)
    throw new ModelkeepError(
      "unsupported",
      `MLflow has no flavor for ${manifest.representations.map((each) => each.codec).join(", ") || "opaque files"}: it takes ONNX and scikit-learn's pickles. Save the model as ONNX too`,
    );
  const versions = new Map((manifest.requirements ?? []).map(({ name, version }) => [name, version]));
  const flavors = { ...(onnx && onnxFlavor(onnx)), ...(pickle && sklearnFlavor(pickle, versions)) };
  const requirements = [
    ...(onnx === undefined ? [] : ["onnx", "onnxruntime"]),
    ...(pickle === undefined ? [] : [pinned("scikit-learn", versions)]),
  ];
  const environment = { conda: "conda.yaml", virtualenv: "python_env.yaml" };
  const signature = manifest.signature as Signature | undefined;
  const samples = await readSamples(envelope);
  const example = samples === undefined ? undefined : mlflowExample(samples.inputs, signature);
  const mlmodel = {
    flavors: { ...flavors, python_function: { ...loaderOf(onnx, pickle), env: environment, python_version: python } },
    metadata: { modelkeep: { ...(reference !== undefined && { reference }), digest: envelope.digest } },
    ...(signature !== undefined && { signature: { ...mlflowSignature(signature), params: null } }),
    ...(example !== undefined && {
      saved_input_example_info: { artifact_path: "input_example.json", ...example.about },
    }),
    utc_time_created: manifest.created.replace("T", " ").replace(/Z$/u, ""),
  };
  const dependencies = [`python=${python}`, "pip", { pip: ["mlflow", ...requirements] }];
  const files = new Map<string, string | (() => AsyncIterable<Uint8Array>)>([
    ["MLmodel", stringify(mlmodel)],
    ["requirements.txt", `${["mlflow", ...requirements].join("\n")}\n`],
    ["conda.yaml", stringify({ channels: ["conda-forge"], dependencies, name: "mlflow-env" })],
    ["python_env.yaml", stringify({ python, build_dependencies: ["pip"], dependencies: ["-r requirements.txt"] })],
  ]);
  if (example !== undefined) files.set("input_example.json", `${JSON.stringify(example.content)}\n`);
  for (const path of [onnx, pickle].flatMap((each) => each?.payloads ?? [])) files.set(path, streamOf(envelope, path));
  return { flavors: Object.keys(flavors), files, original: false };
}

/** What MLflow makes environments with; the model itself does not depend on it. */
const python = "3.11";

function onnxFlavor({ payloads }: Representation): Record<string, unknown> {
  const onnx = {
    data: payloads[0],
    providers: ["CPUExecutionProvider"],
    code: null,
    onnx_session_options: null,
    save_as_external_data: payloads.length > 1,
  };
  return { onnx };
}

function sklearnFlavor({ payloads }: Representation, versions: ReadonlyMap<string, string>): Record<string, unknown> {
  const version = versions.get("scikit-learn");
  return {
    sklearn: {
      pickled_model: payloads[0],
      serialization_format: "pickle",
      code: null,
      ...(version !== undefined && { sklearn_version: version }),
    },
  };
}

function loaderOf(onnx: Representation | undefined, pickle: Representation | undefined): Record<string, unknown> {
  if (onnx !== undefined) return { loader_module: "mlflow.onnx", data: onnx.payloads[0] };
  return { loader_module: "mlflow.sklearn", model_path: pickle!.payloads[0], predict_fn: "predict" };
}

function pinned(name: string, versions: ReadonlyMap<string, string>): string {
  const version = versions.get(name);
  return version === undefined ? name : `${name}==${version}`;
}

function streamOf(envelope: Envelope, path: string): () => AsyncIterable<Uint8Array> {
  const payload = envelope.payload(path);
  if (payload === undefined)
    throw new ModelkeepError("not_found", `The envelope lacks the payload ${JSON.stringify(path)}`);
  return () => payload.stream();
}

async function* textOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

async function checkNew(folder: string): Promise<void> {
  try {
    await lstat(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  throw new ModelkeepError("already_exists", `${folder} exists already, and was left as it is`);
}
