import { isModelkeepError, type Json, jsonMember, type Limits, ModelkeepError, parseJson } from "@modelkeep/core";
import { readArchive } from "@modelkeep/pickle";

import type { Memory } from "./hdf5/file-bytes.js";
import { type Datasets, isHdf5, readHdf5 } from "./hdf5/read-hdf5.js";

export interface ReadKerasOptions {
  readonly limits?: Limits | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A file of Keras, of any of its forms. */
export interface KerasFile {
  readonly form: "keras" | "h5" | "weights" | "architecture";
  /** The architecture, as text and as JSON; absent in files of weights alone. */
  readonly config?: ConfigText | undefined;
  /** What `compile` was given: optimizer, loss, metrics. */
  readonly compile?: Json | undefined;
  /** The same as text, where it is none of the architecture. */
  readonly compileText?: string | undefined;
  readonly version?: string | undefined;
  readonly backend?: string | undefined;
  /** Opens the weights; undefined when there are none. */
  weights(): Datasets | undefined;
  /** Files beside the weights, as vocabularies, by their paths within `assets/`. */
  readonly assets: ReadonlyMap<string, () => Memory>;
}

interface ConfigText {
  readonly text: string;
  readonly json: Json;
}

/** More than any architecture has. */
const configLimit = 64 * 2 ** 20;
const defaultDepth = 256;

/** Tells the forms apart by their bytes. Nothing that the configuration names is ever looked up. */
export function readKeras(memory: Memory, options: ReadKerasOptions = {}): KerasFile {
  const { limits } = options;
  if (limits?.bytes !== undefined && memory.byteLength > limits.bytes)
    throw new ModelkeepError(
      "limit_exceeded",
      `The file has ${memory.byteLength} bytes: more than the ${limits.bytes} that are allowed`,
    );
  const head = new Uint8Array(memory.buffer, memory.byteOffset, Math.min(64, memory.byteLength));
  if (isHdf5(head)) return readHdf5Model(memory, options);
  if (head[0] === 0x50 && head[1] === 0x4b) return readArchiveModel(memory, options);
  return readArchitecture(memory, options);
}

/** `.keras`: a ZIP archive of metadata.json, config.json and model.weights.h5. */
function readArchiveModel(memory: Memory, options: ReadKerasOptions): KerasFile {
  const entries = readArchive(memory, options.limits);
  const config = entries.get("config.json");
  if (config === undefined)
    throw new ModelkeepError("malformed", "The ZIP archive has no config.json: it is no .keras file");
  const weights = entries.get("model.weights.h5");
  const others = [...entries.keys()].filter((name) =>
    /^model(?:_\d+)?\.weights(?:_\d+)?\.(?:npz|json|h5)$/u.test(name),
  );
  if (weights === undefined && others.length > 0)
    throw new ModelkeepError(
      "unsupported",
      `The .keras file keeps its weights as ${others.join(", ")}; model.weights.h5 is what is read: load it with Keras and save it as one file`,
    );
  const parsed = configOf(config(), "config.json", options);
  const metadata = entries.get("metadata.json");
  const facts = metadata === undefined ? null : configOf(metadata(), "metadata.json", options).json;
  return {
    form: "keras",
    config: parsed,
    compile: nonEmpty(jsonMember(parsed.json, "compile_config")),
    version: textMember(facts, "keras_version"),
    backend: textMember(facts, "backend"),
    weights: () => (weights === undefined ? undefined : readHdf5(weights(), options).datasets()),
    assets: new Map(
      [...entries].flatMap(([name, open]) => (/^assets\/./u.test(name) ? [[name.slice("assets/".length), open]] : [])),
    ),
  };
}

/** `.h5`: the architecture, if it is there, as a text of the root group. */
function readHdf5Model(memory: Memory, options: ReadKerasOptions): KerasFile {
  const file = readHdf5(memory, options);
  const text = file.attribute("model_config");
  const training = file.attribute("training_config");
  const json = (source: string, what: string) => ({
    text: source,
    json: parsed(new TextEncoder().encode(source), what, options),
  });
  const compile = training === undefined ? undefined : nonEmpty(json(training, "training_config").json);
  return {
    form: text === undefined ? "weights" : "h5",
    config: text === undefined ? undefined : json(text, "model_config"),
    compile,
    compileText: compile === undefined ? undefined : training,
    version: file.attribute("keras_version"),
    backend: file.attribute("backend"),
    weights: () => file.datasets(),
    assets: new Map(),
  };
}

/** `model.to_json()`. */
function readArchitecture(memory: Memory, options: ReadKerasOptions): KerasFile {
  const config = configOf(memory, "architecture", options);
  if (typeof jsonMember(config.json, "class_name") !== "string" || jsonMember(config.json, "config") === undefined)
    throw new ModelkeepError("malformed", 'The JSON is no architecture of Keras: it lacks "class_name" or "config"');
  return {
    form: "architecture",
    config,
    compile: nonEmpty(jsonMember(config.json, "compile_config")),
    version: textMember(config.json, "keras_version"),
    backend: textMember(config.json, "backend"),
    weights: () => undefined,
    assets: new Map(),
  };
}

function configOf(memory: Memory, what: string, options: ReadKerasOptions): ConfigText {
  if (memory.byteLength > configLimit)
    throw new ModelkeepError("limit_exceeded", `The ${what} has ${memory.byteLength} bytes, more than ${configLimit}`);
  const bytes = new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength);
  return { json: parsed(bytes, what, options), text: new TextDecoder().decode(bytes) };
}

function parsed(bytes: Uint8Array, what: string, { limits }: ReadKerasOptions): Json {
  return parseJson(bytes, { what, depth: Math.min(limits?.depth ?? defaultDepth, 1000), nonFinite: true });
}

function textMember(value: Json, key: string): string | undefined {
  const found = jsonMember(value, key);
  return typeof found === "string" ? found : undefined;
}

function nonEmpty(value: Json | undefined): Json | undefined {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0 ? value : undefined;
}

/** The weights; or why they cannot be read, for those who only want to look. */
export function tryWeights(file: KerasFile): { readonly found?: Datasets; readonly error?: ModelkeepError } {
  try {
    const found = file.weights();
    return found === undefined ? {} : { found };
  } catch (error) {
    if (!isModelkeepError(error) || error.code === "aborted") throw error;
    return { error };
  }
}
