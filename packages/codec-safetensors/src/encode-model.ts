import { documentOfModel, ModelkeepError, type ModelState, type PayloadSource } from "@modelkeep/core";
import {
  encodeTensors,
  gatherTensors,
  isTensorFile,
  type TensorFile,
  type TensorReference,
} from "@modelkeep/safetensors";

import { type SafetensorsModel, stateTexts } from "./safetensors-model.js";

export const mediaType = "application/vnd.safetensors";

export function encodeModel(model: SafetensorsModel, stem = "model"): readonly PayloadSource[] {
  const file = isTensorFile(model) ? foreignFile(model) : stateFile(model);
  return [{ path: `${stem}.safetensors`, mediaType, ...encodeTensors(file) }];
}

/** Tensors under the names of their places, and the tree that they belong to as JSON among the header's texts. */
function stateFile(model: ModelState): TensorFile {
  const gatherer = gatherTensors();
  const { format, flavor, type, version, state } = documentOfModel<ReadonlyMap<string, TensorReference>>(
    model,
    (tensor, path) => new Map([["$tensor", gatherer.add(tensor, path)]]),
  );
  const metadata = new Map<string, string>([
    [stateTexts.format, format],
    [stateTexts.flavor, flavor],
    [stateTexts.type, type],
    [stateTexts.version, String(version)],
    [stateTexts.state, treeJson(state)],
  ]);
  return { tensors: gatherer.tensors, metadata };
}

/** A file that claimed to hold a state without being written from one would be read as something else. */
function foreignFile(file: TensorFile): TensorFile {
  for (const name of file.metadata.keys()) {
    if (name.startsWith("modelkeep."))
      throw new ModelkeepError("invalid_input", `The text ${JSON.stringify(name)} is reserved for model states`);
  }
  return file;
}

function treeJson(tree: unknown): string {
  try {
    return JSON.stringify(tree, (_, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value));
  } catch (cause) {
    throw new ModelkeepError(
      "limit_exceeded",
      "The tree of this model is too large for a safetensors header: keep its numbers in tensors, not in lists",
      { cause },
    );
  }
}
