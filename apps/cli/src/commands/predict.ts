import {
  collectPayloads,
  type Inputs,
  isModelkeepError,
  ModelkeepError,
  type Predictor,
  type Runtime,
  type Signature,
  type TensorMap,
  toTensors,
} from "@modelkeep/core";

import { checkCompatibility, policyOf } from "../compatibility.js";
import type { Context } from "../context.js";
import { inFile } from "../in-file.js";
import { isolationOf } from "../isolation.js";
import { openPath, pathOf } from "../open-path.js";
import type { Plugins } from "../plugins.js";
import { progressBar } from "../progress.js";
import { requirePathAttestation } from "../verify-attestations.js";
import { columnsOf, groupTargets, mergeColumns, outputText } from "../outputs.js";
import { batches, readRows, type Row } from "../rows.js";
import { wholeNumber } from "../reference.js";

/** Something that predicts, wherever it came from. */
interface Model {
  readonly signature: Signature;
  predict(inputs: TensorMap): Promise<TensorMap>;
  /** Of what was put on the record. */
  readonly ids?: readonly string[];
  readonly close: () => Promise<void>;
}

export async function run(context: Context): Promise<void> {
  const { options, output } = context;
  const [target, ...values] = context.arguments as [string, ...string[]];
  const size = wholeNumber(options.text("batch-size") ?? "1000", "--batch-size", 1);
  const bar = progressBar(output, `predicting with ${target}`, { unit: "row" });
  const model = await openModel(context, target).catch((error: unknown) => {
    bar.stop();
    throw error;
  });
  let columns: Record<string, unknown[]> = {};
  let done = 0;
  try {
    const rows = batches(rowsOf(values, options.text("input"), model.signature), size);
    for await (const batch of rows) {
      columns = mergeColumns(columns, columnsOf(await predictBatch(model, batch, done)));
      bar.report({ done: (done += batch.length) });
    }
  } finally {
    bar.stop();
    await model.close();
  }
  if (Object.keys(columns).length === 0) output.note(`${options.text("input")} has no rows`);
  const { ids } = model;
  output.result({ outputs: groupTargets(columns), ...(ids && { ids }) }, () => outputText(columns, output));
  if (ids !== undefined) output.note(`on record: ${ids.join(", ")}`);
}

/** What does not fit is told by its row in the batch: beyond the first one, that is not the row in the file. */
async function predictBatch(model: Model, batch: readonly Row[], before: number): Promise<TensorMap> {
  try {
    return await model.predict(toTensors(model.signature, batch as Inputs));
  } catch (error) {
    if (before === 0 || !isModelkeepError(error, "signature_mismatch")) throw error;
    const text = `In the batch that begins with row ${before}, whose rows are counted from 0: ${error.message}`;
    throw new ModelkeepError(error.code, text, { cause: error, details: error.details });
  }
}

async function openModel(context: Context, target: string): Promise<Model> {
  const { options } = context;
  const path = await pathOf(target, context.folder);
  const choice = { runtime: options.text("runtime"), representation: options.text("representation") };
  if (path !== undefined) {
    if (options.flag("record"))
      throw new ModelkeepError(
        "invalid_input",
        `${target} is a file: only predictions of registered versions go on the record`,
      );
    return inFile(target, openFile(context, path, choice));
  }
  const registry = await context.registry({ withPlugins: true, attested: true });
  if (options.flag("record"))
    return (await import("../recorded-model.js")).recordedModel(context, registry, target, choice);
  const model = await registry.load(target, {
    ...choice,
    through: await isolation(context),
    signal: context.signal,
    compatibility: policyOf(context),
    onWarning: (message) => context.output.warn(message),
  });
  return {
    signature: model.signature,
    predict: (inputs) => model.predictTensors(inputs),
    close: () => model[Symbol.asyncDispose](),
  };
}

async function openFile(
  context: Context,
  path: string,
  choice: { readonly runtime: string | undefined; readonly representation: string | undefined },
): Promise<Model> {
  const installed = await context.plugins();
  const through = await isolation(context);
  const plugins = through === undefined ? installed : { ...installed, runtimes: installed.runtimes.map(through) };
  const opened = await openPath(path, plugins.codecs, context.identities);
  await requirePathAttestation(context, path, opened);
  if (opened.kind === "envelope") {
    const { envelope } = opened;
    await checkCompatibility(context, envelope.manifest);
    const { envelopePredictor } = await import("@modelkeep/registry");
    return asModel(await envelopePredictor(plugins, envelope, choice));
  }
  const { codec, payloads } = opened;
  if (codec === undefined)
    throw new ModelkeepError(
      "unsupported",
      `${path} is of a format that no codec here knows: name a plugin by --plugin, or see modelkeep inspect`,
    );
  const decode = () => codec.decode(payloads, { signal: context.signal });
  const direct = plugins.runtimes.some((runtime) => runtime.runs({ codec: codec.name }));
  const decoded = direct ? undefined : await decode();
  const converted = decoded === undefined ? undefined : await convertFor(plugins, decoded, choice.runtime);
  if (converted !== undefined)
    return asModel(await converted.runtime.predictor(converted.payloads, { signal: context.signal }));
  const flavor = (decoded as { flavor?: string } | undefined)?.flavor;
  const representation = { codec: codec.name, ...(flavor === undefined ? {} : { flavor }) };
  const runtime = await pickRuntime(plugins.runtimes, representation, choice.runtime);
  return asModel(
    await runtime.predictor(payloads, {
      representation,
      decode: () => (decoded === undefined ? decode() : Promise.resolve(decoded)),
      signal: context.signal,
    }),
  );
}

/** Puts a process of its own around a runtime, if the options ask for it. */
async function isolation(context: Context): Promise<((runtime: Runtime) => Runtime) | undefined> {
  const options = await isolationOf(context);
  if (options === undefined) return undefined;
  const { isolated } = await import("@modelkeep/serving");
  return (runtime) => isolated(runtime, options);
}

/** A file that nothing runs as it is, but that converts to something that runs: a scikit-learn pickle to ONNX. */
async function convertFor(plugins: Plugins, decoded: unknown, named: string | undefined) {
  const runs = (codec: string) => plugins.runtimes.some((runtime) => runtime.runs({ codec }));
  const converter = plugins.converters.find((each) => runs(each.to) && each.owns(decoded));
  const codec = plugins.codecs.find(({ name }) => name === converter?.to);
  if (converter === undefined || codec === undefined) return undefined;
  const { model } = await converter.convert(decoded);
  const payloads = await collectPayloads(await codec.encode(model));
  return { payloads, runtime: await pickRuntime(plugins.runtimes, { codec: codec.name }, named) };
}

async function pickRuntime(
  runtimes: readonly Runtime[],
  representation: { codec: string; flavor?: string },
  named: string | undefined,
): Promise<Runtime> {
  const fitting = runtimes.filter(
    (runtime) => runtime.runs(representation) && (named === undefined || runtime.name === named),
  );
  const missing: string[] = [];
  for (const runtime of fitting) {
    const available = await runtime.available();
    if (available === true) return runtime;
    missing.push(available);
  }
  if (missing.length > 0) throw new ModelkeepError("missing_package", missing.join("; "));
  throw new ModelkeepError(
    "unsupported",
    `Nothing here runs ${representation.codec}${representation.flavor === undefined ? "" : ` of ${representation.flavor}`}${named === undefined ? "" : ` with the runtime ${named}`}`,
  );
}

function asModel(predictor: Predictor): Model {
  return {
    signature: predictor.signature,
    predict: (inputs) => predictor.predict(inputs),
    close: () => predictor[Symbol.asyncDispose](),
  };
}

/** Values on the command line are one row. */
async function* rowsOf(
  values: readonly string[],
  input: string | undefined,
  signature: Signature,
): AsyncGenerator<Row> {
  if (input !== undefined) {
    if (values.length > 0) throw new ModelkeepError("invalid_input", "Give values or --input, not both");
    yield* readRows(input);
    return;
  }
  if (values.length === 0) {
    const names = signature.inputs.flatMap((each) => each.features ?? [each.name]);
    throw new ModelkeepError(
      "invalid_input",
      `Give rows by --input FILE, or the values of one row: ${names.join(" ")}`,
    );
  }
  yield values.map((value) => (value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value)));
}
