import { isModelState, type ModelState } from "@modelkeep/core";
import { isTensorFile, type TensorFile } from "@modelkeep/safetensors";

/** What a file is to us: a model's state that we wrote, or the named tensors that anybody else did. */
export type SafetensorsModel = ModelState | TensorFile;

/** Whether the codec writes this: plain state, or the tensors of a file. */
export function isSafetensorsModel(model: unknown): model is SafetensorsModel {
  return isModelState(model) || isTensorFile(model);
}

/** The names of the texts under which a model's state lies in the header. The tree is JSON. */
export const stateTexts = {
  format: "modelkeep.format",
  flavor: "modelkeep.flavor",
  type: "modelkeep.type",
  version: "modelkeep.version",
  state: "modelkeep.state",
} as const;
