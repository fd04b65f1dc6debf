import { resolve } from "node:path";
import { writeFile } from "node:fs/promises";

import {
  type Codec,
  collectPayloads,
  type Envelope,
  type Inputs,
  memoryPayloads,
  ModelkeepError,
  type PayloadSet,
  readSamples,
  type Runtime,
  type Signature,
  type TensorMap,
  toTensors,
} from "@modelkeep/core";
import {
  codecCase,
  compareFormats,
  type FormatCase,
  type FormatResult,
  formatsAsText,
  formatsSections,
  htmlPage,
} from "@modelkeep/report";

import type { Context } from "../context.js";
import { openPath, pathOf } from "../open-path.js";
import type { Plugins } from "../plugins.js";
import { progressBar } from "../progress.js";
import { collect, readRows } from "../rows.js";
import { wholeNumber } from "../reference.js";

/** A model as a codec decodes it, the thing to be written in every format. */
interface Subject {
  readonly name: string;
  readonly codec: Codec;
  readonly payloads: PayloadSet;
  readonly signature: Signature | undefined;
  readonly samples: { readonly inputs: TensorMap; readonly outputs: TensorMap } | undefined;
}

const compressions = [undefined, { encoding: "gzip", level: 6 }] as const;

export async function run(context: Context): Promise<void> {
  const bar = progressBar(context.output, `comparing formats of ${context.arguments[0]}`);
  const results = await compareAll(context).finally(bar.stop);
  context.output.result(results, () => formatsAsText(results));
  if (context.options.text("html") === undefined)
    context.output.note("--html FILE also says what reads each, and what each is best for");
}

async function compareAll(context: Context): Promise<readonly FormatResult[]> {
  const { options, signal, folder } = context;
  const plugins = await context.plugins();
  const subject = await openSubject(context, plugins);
  const model = await subject.codec.decode(subject.payloads, { signal });
  const cases = await casesOf(plugins, subject, model);
  if (cases.length === 0)
    throw new ModelkeepError(
      "unsupported",
      `Nothing here runs ${subject.name}: formats can only be compared for models that run`,
    );
  const { inputs, expected } = await samplesOf(context, subject, cases[0]!);
  const results = await compareFormats(cases, {
    inputs,
    expected,
    rounds: wholeNumber(options.text("rounds") ?? "5", "--rounds", 1),
    signal,
  });
  const page = options.text("html");
  if (page !== undefined)
    await writeFile(
      resolve(folder, page),
      htmlPage({ title: `Formats for ${subject.name}`, sections: formatsSections(results) }),
    );
  return results;
}

async function openSubject(context: Context, plugins: Plugins): Promise<Subject> {
  const target = context.arguments[0]!;
  const path = await pathOf(target, context.folder);
  if (path !== undefined) {
    const opened = await openPath(path, plugins.codecs, context.identities);
    if (opened.kind === "envelope") return fromEnvelope(target, opened.envelope, plugins);
    if (opened.codec === undefined)
      throw new ModelkeepError("unsupported", `${path} is of a format that no codec here knows`);
    return { name: target, codec: opened.codec, payloads: opened.payloads, signature: undefined, samples: undefined };
  }
  const registry = await context.registry({ withPlugins: true });
  return fromEnvelope(target, await registry.open(target), plugins);
}

async function fromEnvelope(name: string, envelope: Envelope, plugins: Plugins): Promise<Subject> {
  const { representations, signature } = envelope.manifest;
  // Plain state can be written in every format; ONNX only as ONNX.
  const found = representations.find(({ flavor }) => flavor !== undefined) ?? representations[0];
  const codec = plugins.codecs.find((each) => each.name === found?.codec);
  if (found === undefined || codec === undefined)
    throw new ModelkeepError("unsupported", `${name} holds nothing that a codec here reads`);
  return { name, codec, payloads: envelope.payloads(found.name), signature, samples: await readSamples(envelope) };
}

/** Every codec that takes the model as it is, plain and compressed, and those that a converter reaches. */
async function casesOf(plugins: Plugins, subject: Subject, model: unknown): Promise<FormatCase[]> {
  const flavor = plugins.flavors.find((each) => each.name === (model as { flavor?: string }).flavor);
  const object = flavor === undefined ? model : await flavor.thaw(model as never);
  const cases: FormatCase[] = [...(await ownCase(plugins, subject, object))];
  for (const codec of plugins.codecs) {
    const runtime = await runtimeFor(plugins.runtimes, codec.name, flavor?.name);
    if (runtime === undefined) continue;
    const written = codec.accepts(model) ? model : await convert(plugins, object, codec.name);
    if (written === undefined) continue;
    for (const compression of compressions) {
      const label = compression === undefined ? codec.name : `${codec.name} + ${compression.encoding}`;
      cases.push(
        codecCase({
          label,
          codec,
          model: written,
          runtime,
          ...(subject.signature && { signature: subject.signature }),
          ...(compression && { compression }),
        }),
      );
    }
  }
  return cases;
}

/** A file that nothing runs as it is, such as a pickle: read, converted and opened each time it is loaded. */
async function ownCase(plugins: Plugins, { codec, payloads }: Subject, object: unknown): Promise<FormatCase[]> {
  if (
    !plugins.converters.some((each) => each.to === "onnx" && each.owns(object)) ||
    plugins.runtimes.some((runtime) => runtime.runs({ codec: codec.name })) ||
    ["json", "msgpack", "safetensors"].includes(codec.name)
  )
    return [];
  const onnx = plugins.codecs.find(({ name }) => name === "onnx");
  const runtime = await runtimeFor(plugins.runtimes, "onnx", undefined);
  if (onnx === undefined || runtime === undefined) return [];
  const bytes = await payloads.main.bytes();
  const { path } = payloads.main;
  return [
    {
      label: `${codec.name}, as it is`,
      given: true,
      ...(codec.facts && { facts: codec.facts }),
      save: () => Promise.resolve([{ path, bytes, plainSize: bytes.length }]),
      async load(files) {
        const model = await convert(plugins, await codec.decode(memoryPayloads(files)), "onnx");
        return runtime.predictor(await collectPayloads(await onnx.encode(model)));
      },
    },
  ];
}

async function convert(plugins: Plugins, object: unknown, to: string): Promise<unknown> {
  const converter = plugins.converters.find((each) => each.to === to && each.owns(object));
  return (await converter?.convert(object))?.model;
}

async function runtimeFor(
  runtimes: readonly Runtime[],
  codec: string,
  flavor: string | undefined,
): Promise<Runtime | undefined> {
  for (const runtime of runtimes) {
    if (
      runtime.runs({ codec, ...(flavor === undefined || codec === "onnx" ? {} : { flavor }) }) &&
      (await runtime.available()) === true
    )
      return runtime;
  }
  return undefined;
}

async function samplesOf(
  context: Context,
  subject: Subject,
  first: FormatCase,
): Promise<{ inputs: TensorMap; expected: TensorMap }> {
  const file = context.options.text("samples");
  if (file === undefined && subject.samples !== undefined)
    return { inputs: subject.samples.inputs, expected: subject.samples.outputs };
  if (file === undefined)
    throw new ModelkeepError("invalid_input", `${subject.name} has no recorded samples: give rows by --samples`);
  const predictor = await first.load(await first.save());
  const inputs = toTensors(subject.signature ?? predictor.signature, (await collect(readRows(file))) as Inputs);
  const expected = await predictor.predict(inputs);
  await predictor[Symbol.asyncDispose]();
  return { inputs, expected };
}
