import { type Limits, ModelkeepError, type Tensor } from "@modelkeep/core";

import { readModelJson } from "./model-json.js";
import { readWeights } from "./read-weights.js";
import { formatKey, modelKey, type TfjsModel } from "./tfjs-model.js";

/** A model from the files of its folder: everything that reading can find wrong is found here. */
export function readTfjsModel(main: string, files: ReadonlyMap<string, Uint8Array>, limits: Limits = {}): TfjsModel {
  const bytes = files.get(main);
  if (bytes === undefined) throw new ModelkeepError("not_found", `[tfjs] The model has no file ${main}`);
  const json = readModelJson(bytes, limits);
  const tensors = new Map<string, Tensor>();
  for (const [name, tensor] of readWeights(json, files, limits))
    if (tensor.dtype !== "string") tensors.set(name, tensor);
  const text = new TextDecoder().decode(bytes);
  return {
    main,
    files,
    tensors,
    metadata: new Map([
      [formatKey, json.format],
      [modelKey, text],
    ]),
  };
}
