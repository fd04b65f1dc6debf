import {
  type Codec,
  type DecodeOptions,
  elementCount,
  type Inspection,
  type Json,
  ModelkeepError,
  type ReadOptions,
} from "@modelkeep/core";
import type { TensorFile } from "@modelkeep/safetensors";

import { isHdf5 } from "./hdf5/read-hdf5.js";
import { findingsIn } from "./keras-findings.js";
import { layersIn } from "./keras-layers.js";
import { type KerasFile, member, readKeras, tryWeights } from "./read-keras.js";

const mediaType = "application/vnd.keras";

/** Keras' files (`.keras`, `.h5`, weights alone, the architecture as JSON), read as inert data; written in other formats. */
export function kerasCodec(): Codec<TensorFile> {
  return {
    name: "keras",
    mediaType,
    extensions: [".keras", ".h5", ".hdf5"],
    facts: {
      languages: "Python",
      runsCode: "in Python, unless safe_mode is kept; here never",
      bestFor: "models that Keras saved; convert their weights to safetensors",
    },
    // It only reads: whoever looks for a format to write in is to take another one.
    accepts: (_model): _model is TensorFile => false,
    sniff: sniffKeras,
    async encode() {
      throw new ModelkeepError(
        "unsupported",
        "Keras' files are read here, not written: write the weights to a safetensors file, or save the model with Keras",
      );
    },
    async decode({ main }, options = {}) {
      const file = readKeras(whole(await main.buffer(read(options))), options);
      const datasets = file.weights()?.datasets ?? new Map();
      const tensors = new Map(Array.from(datasets, ([path, dataset]) => [path, dataset.tensor()] as const));
      return { tensors, metadata: metadataOf(file) };
    },
    async inspect({ main }, options = {}) {
      return inspectionOf(readKeras(whole(await main.buffer(read(options))), options));
    },
  };
}

/** What joins weights and architecture again, in whatever format the weights are kept. */
function metadataOf({ config, compile, version, backend }: KerasFile): ReadonlyMap<string, string> {
  const texts = {
    "keras.config": config?.text,
    "keras.compile": compile === undefined ? undefined : JSON.stringify(compile),
    "keras.version": version,
    "keras.backend": backend,
  };
  return new Map(Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function inspectionOf(file: KerasFile): Inspection {
  const { found, error } = tryWeights(file);
  const datasets = [...(found?.datasets.values() ?? [])];
  const tensors = datasets.map(({ path, type, shape }) => ({
    name: path,
    dtype: type.name,
    shape,
    bytes: elementCount(shape) * type.size,
  }));
  const trained = tensors.filter(({ name }) => !besideTheModel.test(name));
  const parameters = trained.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const layers = file.config === undefined ? [] : layersIn(file.config.json);
  const optimizer = datasets.some(({ path }) => /^optimizer(?:_weights)?\//u.test(path));
  const name = member(member(file.config?.json, "config"), "name");
  const unread = error === undefined ? [] : [{ level: "warning", message: error.message, code: error.code } as const];
  const version = file.version === undefined ? "" : ` ${file.version}`;
  return {
    summary: [
      `Keras${version} ${formNames[file.form]}`,
      ...(file.config === undefined ? [] : [`layers: ${layers.length}`]),
      ...(found === undefined ? [] : [`tensors: ${tensors.length}, parameters: ${parameters}`]),
    ].join(", "),
    ...(found !== undefined && { tensors, parameters }),
    details: {
      form: file.form,
      ...(typeof name === "string" && { name }),
      ...(file.version !== undefined && { version: file.version }),
      ...(file.backend !== undefined && { backend: file.backend }),
      ...(layers.length > 0 && { layers }),
      ...(found !== undefined && { optimizerState: optimizer }),
      ...(file.compile !== undefined && { compile: file.compile }),
      ...(file.assets.length > 0 && { assets: file.assets }),
    },
    findings: [...findingsIn(everything(file)).map((finding) => ({ ...finding })), ...unread],
  };
}

/** Both are configurations of objects: an optimizer or a loss can be foreign as a layer can. */
function everything({ config, compile, form }: KerasFile): Json {
  return form === "h5" ? [config?.json ?? null, compile ?? null] : (config?.json ?? null);
}

/** What training leaves beside the parameters. */
const besideTheModel = /^(?:optimizer|optimizer_weights|metrics)\/|(?:^|\/)seed_generator\//u;

const formNames = {
  keras: "model",
  h5: "model (HDF5)",
  weights: "weights (HDF5)",
  architecture: "architecture",
} as const;

/** An archive by its first file, HDF5 by its signature, an architecture by how Keras' JSON begins. */
function sniffKeras(head: Uint8Array, path = ""): "yes" | "maybe" | "no" {
  // Others use HDF5 as well; no other codec here does.
  if (isHdf5(head)) return /\.(?:keras|h5|hdf5)$/iu.test(path) ? "yes" : "maybe";
  if (head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4) {
    const length = (head[26] ?? 0) | ((head[27] ?? 0) << 8);
    const name = String.fromCharCode(...head.subarray(30, 30 + Math.min(length, 64)));
    return /^(?:metadata\.json|config\.json|model\.weights\.h5)$/u.test(name) ? "yes" : "no";
  }
  if (head[0] !== 0x7b) return "no";
  const text = new TextDecoder().decode(head.subarray(0, 4096));
  const begins = /^\{\s*"(?:module|class_name|registered_name)"\s*:/u.test(text);
  return begins && /"class_name"\s*:\s*"/u.test(text) && /"config"\s*:\s*[[{]/u.test(text) ? "yes" : "no";
}

function whole(buffer: ArrayBuffer) {
  return { buffer, byteOffset: 0, byteLength: buffer.byteLength };
}

function read({ signal, progress }: DecodeOptions): ReadOptions {
  return { ...(signal && { signal }), ...(progress && { progress }) };
}
