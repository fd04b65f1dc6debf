import { resolve } from "node:path";

import {
  type Codec,
  type Conversion,
  type ConvertModelOptions,
  type Inputs,
  ModelkeepError,
  memoryPayloads,
  collect,
  type PayloadSource,
  type Runtime,
  toTensors,
} from "@modelkeep/core";
import { writeNewFile } from "@modelkeep/core/node";
import { worstDifference } from "@modelkeep/report";

import type { Context } from "../context.js";
import { inFile } from "../in-file.js";
import { openPath } from "../open-path.js";
import type { Plugins } from "../plugins.js";
import { formatBytes } from "../output.js";
import { collect as collectRows, readRows } from "../rows.js";

export async function run(context: Context): Promise<void> {
  const { output, options, signal, folder } = context;
  const [from, to] = context.arguments as [string, string];
  const plugins = await context.plugins();
  const opened = await inFile(from, openPath(resolve(folder, from), plugins.codecs, context.identities));
  if (opened.kind !== "file" || opened.codec === undefined)
    throw new ModelkeepError("unsupported", `${from} is no model file that can be converted`);
  const target = plugins.codecs.find(({ extensions }) => extensions.some((each) => to.toLowerCase().endsWith(each)));
  if (target === undefined)
    throw new ModelkeepError("invalid_input", `${to} has the extension of no format that is known here`);
  const model = await thawed(plugins, await inFile(from, opened.codec.decode(opened.payloads, { signal })));
  const precision = precisionOf(options.text("precision"));
  const signatureName = options.text("signature");
  const chosen = signatureName === undefined ? {} : { signature: signatureName };
  const conversion = await convert(plugins, target, model, {
    ...chosen,
    ...(precision !== undefined && { precision }),
    ...(options.flag("dequantize") && { dequantize: true }),
  });
  const extension = target.extensions.find((each) => to.toLowerCase().endsWith(each))!;
  const [file] = await target.encode(conversion.model, { extension });
  const written = { size: 0 };
  await writeNewFile(resolve(folder, to), counted(file!.open(), written), { overwrite: options.flag("force") });
  const worst = await compare(context, plugins, target, model, file!, chosen);
  const { exactness, bound, notes, signature } = conversion;
  output.result(
    {
      from,
      to,
      codec: target.name,
      size: written.size,
      exactness,
      bound,
      notes,
      signature,
      ...(worst === undefined ? {} : { worst }),
    },
    () =>
      [
        `${from} → ${to}  ${formatBytes(written.size)}, ${signature === undefined ? "the same values" : exactnessText(exactness, bound)}`,
        ...(worst === undefined ? [] : [`worst difference from float64 on the samples: ${worst.toExponential(1)}`]),
        ...notes.map((note) => `  ${note}`),
      ].join("\n"),
  );
}

async function thawed(plugins: Plugins, decoded: unknown): Promise<unknown> {
  const flavor = plugins.flavors.find(({ name }) => name === (decoded as { flavor?: string } | null)?.flavor);
  return flavor === undefined ? decoded : flavor.thaw(decoded as never);
}

async function convert(
  plugins: Plugins,
  target: Codec,
  model: unknown,
  options: ConvertModelOptions,
): Promise<Conversion> {
  const converter = plugins.converters.find((each) => each.to === target.name && each.owns(model));
  // Tensors that another format holds as well need no converter.
  if (converter === undefined && target.accepts(model)) {
    const [given] = Object.keys(options);
    if (given === undefined) return { model, exactness: "bits", notes: [] };
    throw new ModelkeepError("unsupported", `Tensors go to ${target.name} as they are: leave --${given} out`);
  }
  if (converter === undefined)
    throw new ModelkeepError("unsupported", `Nothing here converts this model to ${target.name}`);
  return converter.convert(model, options);
}

/** How far another precision is off, on rows that the user names. */
async function compare(
  { options, signal }: Context,
  plugins: Plugins,
  target: Codec,
  model: unknown,
  written: PayloadSource,
  chosen: ConvertModelOptions,
): Promise<number | undefined> {
  const rows = options.text("samples");
  if (rows === undefined) return undefined;
  const exact = await convert(plugins, target, model, chosen);
  const [file] = await target.encode(exact.model);
  const predict = async (own: Uint8Array, runtime: Runtime) => {
    await using predictor = await runtime.predictor(memoryPayloads([{ path: "model.onnx", bytes: own }]), { signal });
    return await predictor.predict(toTensors(predictor.signature, (await collectRows(readRows(rows))) as Inputs));
  };
  const [runtime] = plugins.runtimes.filter((each) => each.runs({ codec: target.name }));
  if (runtime === undefined) throw new ModelkeepError("unsupported", `Nothing here runs ${target.name}`);
  return worstDifference(
    await predict(await collect(written.open()), runtime),
    await predict(await collect(file!.open()), runtime),
  );
}

function precisionOf(text: string | undefined): "float64" | "float32" | undefined {
  if (text === undefined || text === "float64" || text === "float32") return text;
  throw new ModelkeepError("invalid_input", `--precision is float64 or float32, not ${JSON.stringify(text)}`);
}

export function exactnessText(exactness: Conversion["exactness"], bound: number | undefined): string {
  if (exactness === "bits") return "predicts the same to the last bit";
  return exactness === "bounded"
    ? `predicts the same within ${bound ?? 0} x max(1, |b|)`
    : "compare its predictions before you use it";
}

async function* counted(pieces: AsyncIterable<Uint8Array>, written: { size: number }): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    written.size += piece.length;
    yield piece;
  }
}
