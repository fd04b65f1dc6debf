import { type Codec, type DecodeOptions, fileName, memoryFolder, type PayloadSet, readFolder } from "@modelkeep/core";
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
      return memoryFolder(stem, files, { path: main, mediaType });
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
export async function decodeTfjs(payloads: PayloadSet, options: DecodeOptions = {}): Promise<TfjsModel> {
  const files = await readFolder(payloads, options);
  return readTfjsModel(fileName(payloads.main.path), files, options.limits);
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
