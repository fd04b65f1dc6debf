import { type Codec, elementCount, type Inspection, type Json, jsonMember } from "@modelkeep/core";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";

import { assetPrefix, assetText } from "./assets.js";
import { isHdf5 } from "./hdf5/read-hdf5.js";
import { findingsIn } from "./keras-findings.js";
import { layersIn } from "./keras-layers.js";
import { formFor, type KerasForm, writeKeras } from "./write-keras.js";
import { type KerasFile, readKeras, tryWeights } from "./read-keras.js";

const mediaType = "application/vnd.keras";

/** Which of Keras' files `kerasCodec` writes. */
export interface KerasEncodeOptions {
  /**
   * "model": a `.keras` file, for which the metadata must have the architecture (`keras.config`); "weights": a `.weights.h5`
   * file of the tensors alone. By default what the extension says, or the model allows.
   */
  readonly form?: KerasForm;
}

/** Keras' files (`.keras`, `.h5`, weights alone, the architecture as JSON), read as inert data. */
export function kerasCodec(): Codec<TensorFile, KerasEncodeOptions> {
  return {
    name: "keras",
    mediaType,
    extensions: [".keras", ".weights.h5", ".h5", ".hdf5"],
    facts: {
      languages: "Python",
      runsCode: "in Python, unless safe_mode is kept; here never",
      bestFor: "models that Keras saved; convert their weights to safetensors",
    },
    accepts: isTensorFile,
    sniff: sniffKeras,
    async encode(model, { stem = "model", extension, form = formFor(model, extension) } = {}) {
      return [
        { path: `${stem}${form === "model" ? ".keras" : ".weights.h5"}`, mediaType, open: writeKeras(model, form) },
      ];
    },
    async decode({ main }, options = {}) {
      const file = readKeras(whole(await main.buffer(options)), options);
      const datasets = file.weights() ?? new Map();
      const tensors = new Map(Array.from(datasets, ([path, dataset]) => [path, dataset.tensor()] as const));
      return { tensors, metadata: metadataOf(file) };
    },
    async inspect({ main }, options = {}) {
      return inspectionOf(readKeras(whole(await main.buffer(options)), options));
    },
  };
}

/** What joins weights and architecture again, in whatever format the weights are kept. */
function metadataOf({ form, config, compileText, version, backend, assets }: KerasFile): ReadonlyMap<string, string> {
  const texts = {
    "keras.config": config?.text,
    // Elsewhere it is part of the configuration.
    "keras.compile": form === "h5" ? compileText : undefined,
    "keras.version": version,
    "keras.backend": backend,
  };
  const told = Object.entries(texts).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return new Map([
    ...told,
    ...[...assets].map(([path, open]) => [`${assetPrefix}${path}`, assetText(path, open())] as const),
  ]);
}

function inspectionOf(file: KerasFile): Inspection {
  const { found, error } = tryWeights(file);
  const datasets = [...(found?.values() ?? [])];
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
  const name = jsonMember(jsonMember(file.config?.json, "config"), "name");
  const level = error?.code === "refused" ? "danger" : "warning";
  const unread = error === undefined ? [] : [{ level, message: error.message, code: error.code } as const];
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
      ...(file.assets.size > 0 && { assets: [...file.assets.keys()].map((path) => `assets/${path}`) }),
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
function sniffKeras(head: Uint8Array): "yes" | "no" {
  // Others use HDF5 as well; no other codec here does. Versions 0 and 1 have the sizes of positions elsewhere than later ones.
  if (isHdf5(head)) return head[head[8]! < 2 ? 13 : 9] === 8 ? "yes" : "no";
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
