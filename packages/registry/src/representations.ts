import {
  checkPaths,
  type Codec,
  type Conversion,
  collect,
  type Converter,
  type Encoding,
  type Flavor,
  type Inspection,
  isModelkeepError,
  isModelState,
  type ModelDescription,
  ModelkeepError,
  type PayloadSource,
  type Representation,
  type Signature,
} from "@modelkeep/core";

import type { Plugins } from "./options.js";
import { sourcePayloads } from "./source-payload.js";
import type { BlobSource } from "./upload.js";

/** One form in which a model shall be saved. The text form is the codec's name, and `+gzip` or `+deflate`: "json+gzip". */
export interface RepresentationChoice {
  readonly codec: string;
  /** Default: the codec's name, with the encoding. */
  readonly name?: string | undefined;
  readonly encoding?: Encoding | undefined;
  /** 1 to 9, default 6. */
  readonly level?: number | undefined;
  /** For the codec. */
  readonly options?: Readonly<Record<string, unknown>> | undefined;
  /** Where no converter can make it of the model, it is left out, and `Saved.notMade` says why. */
  readonly optional?: boolean | undefined;
}

/** A form that was left out. */
export interface NotMade {
  readonly codec: string;
  readonly code: string;
  readonly message: string;
}

/** A representation with the files it consists of. */
export interface Prepared {
  readonly representation: Representation;
  readonly sources: readonly BlobSource[];
  readonly signature?: Signature | undefined;
  readonly description?: ModelDescription | undefined;
}

export interface PreparedModel {
  readonly prepared: readonly Prepared[];
  readonly notMade?: readonly NotMade[];
  readonly description: ModelDescription;
}

/**
 * Writes a model in memory in each of the chosen forms, by a codec, a flavor and a codec, or a converter and a codec.
 * `original` is the file it was read from, if it was: what is converted is converted from that.
 */
export async function encodeModel(
  plugins: Plugins,
  model: unknown,
  choices: readonly (string | RepresentationChoice)[] | undefined,
  original?: Prepared,
): Promise<PreparedModel> {
  const flavor = plugins.flavors.find((each) => each.owns(model));
  const wanted = (choices ?? [defaultCodec(plugins, model, flavor)]).map(parseChoice);
  const state = flavor?.freeze(model);
  const description = flavor?.describe?.(model) ?? {};
  const taken = new Set<string>(original?.representation.payloads);
  const prepared: Prepared[] = [];
  const notMade: NotMade[] = [];
  for (const choice of wanted) {
    const codec = codecNamed(plugins, choice.codec);
    const name = choice.name ?? (choice.encoding === undefined ? codec.name : `${codec.name}+${choice.encoding}`);
    const encode = async (value: unknown): Promise<BlobSource[]> => {
      const files = await codec.encode(value, { ...choice.options, stem: freeStem(codec, taken) });
      return files.map((file) => withRole(file, choice));
    };
    const base = { name, codec: codec.name };
    if (state !== undefined && codec.accepts(state)) {
      const sources = await encode(state);
      prepared.push({
        representation: { ...base, flavor: state.flavor, payloads: sources.map((source) => source.path) },
        sources,
        signature: description.signature,
        description,
      });
    } else if (codec.accepts(model)) {
      const sources = await encode(model);
      const own = isModelState(model) ? { flavor: model.flavor } : {};
      prepared.push({ representation: { ...base, ...own, payloads: sources.map((source) => source.path) }, sources });
    } else {
      const conversion = await conversionOf(plugins, codec.name, model, flavor, choice);
      if ("message" in conversion) {
        notMade.push(conversion);
        continue;
      }
      const { converter, model: converted, signature, exactness, bound, notes, description: told } = conversion;
      const sources = await encode(converted);
      const source = original ?? prepared.find((each) => each.representation.flavor === flavor?.name);
      const from = source?.representation.name;
      const convertedFrom =
        from === undefined
          ? {}
          : {
              convertedFrom: {
                representation: from,
                converter: `${converter.from} to ${converter.to}`,
                exactness,
                ...(bound !== undefined && { bound }),
                ...(notes.length > 0 && { notes: [...notes] }),
              },
            };
      prepared.push({
        representation: { ...base, ...convertedFrom, payloads: sources.map((each) => each.path) },
        sources,
        signature,
        description: told,
      });
    }
    for (const source of prepared.at(-1)!.sources) taken.add(source.path);
  }
  checkNames(prepared);
  return {
    prepared,
    notMade,
    description: { ...prepared.find((each) => each.description)?.description, ...description },
  };
}

/** Files that somebody has already: those of role "model" become representations, by content; the rest goes along. */
export async function describeFiles(
  plugins: Plugins,
  files: readonly BlobSource[],
): Promise<{ readonly prepared: readonly Prepared[]; readonly others: readonly BlobSource[] }> {
  checkPaths(files.map((file) => file.path));
  const prepared: Prepared[] = [];
  const others: BlobSource[] = [];
  const external: BlobSource[] = [];
  for (const file of files) {
    const role = file.role ?? "model";
    if (role === "external-data") external.push(file);
    else if (role !== "model") others.push(file);
    else prepared.push(await describeFile(plugins, file, prepared));
  }
  if (external.length === 0) return { prepared, others };
  const [only] = prepared;
  if (only === undefined || prepared.length > 1)
    throw new ModelkeepError(
      "invalid_input",
      'Files of the role "external-data" need exactly one file of the role "model"',
    );
  const sources = [...only.sources, ...external];
  const representation = { ...only.representation, payloads: sources.map((source) => source.path) };
  return { prepared: [{ ...only, representation, sources }], others };
}

async function describeFile(plugins: Plugins, file: BlobSource, others: readonly Prepared[]): Promise<Prepared> {
  const sniffed = await codecOf(plugins, file);
  const found = await inspectFile(sniffed, file);
  const codec = found === undefined ? undefined : sniffed?.codec;
  const taken = new Set(others.map((each) => each.representation.name));
  let name = codec?.name ?? "file";
  for (let count = 2; taken.has(name); count++) name = `${codec?.name ?? "file"}-${count}`;
  const source = codec === undefined || file.mediaType !== undefined ? file : { ...file, mediaType: codec.mediaType };
  const flavor = found?.details?.["flavor"];
  const representation: Representation = {
    name,
    codec: codec?.name ?? "opaque",
    ...(typeof flavor === "string" && flavor !== "" && { flavor }),
    payloads: [file.path],
    ...(found?.parameters !== undefined && { parameterCount: found.parameters }),
  };
  return { representation, sources: [{ ...source, role: "model" }], signature: found?.signature };
}

interface Sniffed {
  readonly codec: Codec;
  readonly answer: "yes" | "maybe";
}

/** What its codec says of a file; `undefined` for no codec, and for one that only guessed and can't read it. */
async function inspectFile(sniffed: Sniffed | undefined, file: PayloadSource): Promise<Inspection | undefined> {
  if (sniffed === undefined) return undefined;
  try {
    return (await sniffed.codec.inspect?.(sourcePayloads([file]))) ?? { summary: "" };
  } catch (error) {
    if (isModelkeepError(error) && sniffed.answer === "maybe") return undefined;
    throw error;
  }
}

/** The codec that says "yes" to the first bytes, else the first that says "maybe". */
async function codecOf(plugins: Plugins, file: PayloadSource): Promise<Sniffed | undefined> {
  const head = await firstBytes(file, 65_536);
  const answers = plugins.codecs.map((codec) => ({ codec, answer: codec.sniff?.(head, file.path) ?? "no" }));
  const best = answers.find(({ answer }) => answer === "yes") ?? answers.find(({ answer }) => answer === "maybe");
  return best === undefined || best.answer === "no" ? undefined : { codec: best.codec, answer: best.answer };
}

async function firstBytes(file: PayloadSource, count: number): Promise<Uint8Array> {
  async function* head(): AsyncIterable<Uint8Array> {
    let left = count;
    for await (const bytes of file.open()) {
      yield bytes.subarray(0, left);
      left -= bytes.length;
      if (left <= 0) return;
    }
  }
  return collect(head());
}

export function parseChoice(choice: string | RepresentationChoice): RepresentationChoice {
  if (typeof choice !== "string") return choice;
  const [codec = "", encoding, ...rest] = choice.split("+");
  if (rest.length > 0 || (encoding !== undefined && encoding !== "gzip" && encoding !== "deflate"))
    throw new ModelkeepError(
      "invalid_input",
      `${JSON.stringify(choice)} is no format: a codec's name, and "+gzip" or "+deflate"`,
    );
  return encoding === undefined ? { codec } : { codec, encoding };
}

function codecNamed(plugins: Plugins, name: string): Codec {
  const codec = plugins.codecs.find((each) => each.name === name);
  if (codec !== undefined) return codec;
  const names = plugins.codecs.map((each) => each.name).join(", ") || "none";
  throw new ModelkeepError("unsupported", `No codec named ${JSON.stringify(name)} is installed; these are: ${names}`);
}

function defaultCodec(plugins: Plugins, model: unknown, flavor: Flavor | undefined): string {
  const state = flavor?.freeze(model);
  const codec = plugins.codecs.find((each) => each.accepts(model) || (state !== undefined && each.accepts(state)));
  if (codec !== undefined) return codec.name;
  const flavors = plugins.flavors.map((each) => each.name).join(", ") || "none";
  throw new ModelkeepError(
    "unsupported",
    `Nothing installed can save this model (${typeName(model)}): no flavor owns it (installed: ${flavors}) and no codec accepts it`,
  );
}

async function conversionOf(
  plugins: Plugins,
  codec: string,
  model: unknown,
  flavor: Flavor | undefined,
  { optional = false }: RepresentationChoice,
): Promise<(Conversion & { readonly converter: Converter }) | NotMade> {
  try {
    const converter = converterTo(plugins, codec, model, flavor);
    return { ...(await converter.convert(model)), converter };
  } catch (error) {
    if (!optional || !isModelkeepError(error)) throw error;
    return { codec, code: error.code, message: error.message };
  }
}

function converterTo(plugins: Plugins, codec: string, model: unknown, flavor: Flavor | undefined): Converter {
  const found = plugins.converters.find((each) => each.to === codec && each.owns(model));
  if (found !== undefined) return found;
  throw new ModelkeepError(
    "unsupported",
    `The codec ${codec} does not take this model (${flavor?.name ?? typeName(model)}), and no converter that is installed makes ${codec} of it`,
  );
}

function withRole(file: PayloadSource, { encoding, level }: RepresentationChoice): BlobSource {
  return { ...file, role: file.role ?? "model", ...(encoding && { encoding }), ...(level !== undefined && { level }) };
}

function freeStem(codec: Codec, taken: ReadonlySet<string>): string {
  const used = (stem: string) => [...taken].some((path) => path.startsWith(`${stem}.`)) && codec.extensions.length > 0;
  const clash = codec.extensions.some((extension) => taken.has(`model${extension}`));
  if (!clash) return "model";
  for (let count = 2; ; count++) if (!used(`model-${count}`)) return `model-${count}`;
}

function checkNames(prepared: readonly Prepared[]): void {
  const names = new Set<string>();
  for (const { representation } of prepared) {
    if (names.has(representation.name))
      throw new ModelkeepError(
        "invalid_input",
        `Two representations are named ${JSON.stringify(representation.name)}: name one of them`,
      );
    names.add(representation.name);
  }
}

function typeName(model: unknown): string {
  if (typeof model !== "object" || model === null) return typeof model;
  return (model as { constructor?: { name?: string } }).constructor?.name ?? "object";
}
