import {
  type Codec,
  compareCodePoints,
  type DecodeOptions,
  memorySource,
  ModelkeepError,
  type PayloadSet,
  type PayloadSource,
} from "@modelkeep/core";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";
import { isTfjsModel, modelKey, readTfjsModel, type TfjsModel, writeTfjsModel } from "@modelkeep/tfjs";

import { inspectTfjs } from "./inspect-tfjs.js";

const mediaType = "application/vnd.tensorflowjs.model+json";

/**
 * Models of TensorFlow.js, a `model.json` and its files of weights: kept as they are, inspected, their weights read. Tensors with the
 * text of a `model.json` (`tfjs.model` of the metadata) are written as one again.
 */
export function tfjsCodec(): Codec<TfjsModel> {
  return {
    name: "tfjs",
    mediaType,
    extensions: [".json"],
    facts: {
      languages: "JavaScript, through TensorFlow.js",
      runsCode: "no: TensorFlow.js runs the operators and layers that it knows, and those that the page registered",
      bestFor: "models that were trained in JavaScript, or run in browsers; keep ONNX beside it for everything else",
    },
    accepts: (model): model is TfjsModel => isTfjsModel(model) || isDescribed(model),
    sniff: sniffTfjs,
    async encode(model, { stem = "model" } = {}) {
      const { main, files } = isTfjsModel(model)
        ? model
        : writeTfjsModel((model as TensorFile).tensors, (model as TensorFile).metadata);
      const sources = Array.from(files, ([path, bytes]) =>
        memorySource(`${stem}/${path}`, bytes, { mediaType: path === main ? mediaType : "application/octet-stream" }),
      );
      return sources.toSorted((a, b) => rank(a) - rank(b) || compareCodePoints(a.path, b.path));
    },
    decode: decodeTfjs,
    inspect: inspectTfjs,
  };
}

/** Tensors that came from a model of TensorFlow.js, and know which. */
function isDescribed(model: unknown): model is TensorFile {
  return isTensorFile(model) && model.metadata.has(modelKey);
}

/** The model from its files, the `model.json` being the main one. */
export async function decodeTfjs(payloads: PayloadSet, { limits, signal }: DecodeOptions = {}): Promise<TfjsModel> {
  const reading = signal === undefined ? {} : { signal };
  const size = [...payloads].reduce((sum, payload) => sum + payload.size, 0);
  if (limits?.bytes !== undefined && size > limits.bytes)
    throw new ModelkeepError("limit_exceeded", `[tfjs] The model has ${size} bytes; the limit is ${limits.bytes}`);
  const { main } = payloads;
  const base = main.path.slice(0, main.path.lastIndexOf("/") + 1);
  const files = new Map<string, Uint8Array>();
  for (const payload of payloads) {
    const path = payload.path.startsWith(base) ? payload.path.slice(base.length) : payload.path;
    files.set(path, await payload.bytes(reading));
  }
  return readTfjsModel(main.path.slice(base.length), files, limits);
}

/** The main file first. */
function rank({ mediaType: type }: PayloadSource): number {
  return type === mediaType ? 0 : 1;
}

/** By its members; that of the topology may come behind a long signature. */
function sniffTfjs(head: Uint8Array): "yes" | "maybe" | "no" {
  if (head[0] !== 0x7b && !/^\s*\{/u.test(new TextDecoder().decode(head.subarray(0, 64)))) return "no";
  const text = new TextDecoder().decode(head);
  if (/^\s*\{\s*"modelTopology"\s*:\s*\{/u.test(text)) return "yes";
  const format = /"format"\s*:\s*"(?:layers|graph)-model"/u.test(text);
  const topology = /"(?:modelTopology|weightsManifest)"\s*:/u.test(text);
  return format && topology ? "yes" : format || topology ? "maybe" : "no";
}
