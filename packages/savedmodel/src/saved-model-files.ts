import type { Tensor } from "@modelkeep/core";

/** A SavedModel in memory: its files byte for byte, and its numeric variables as named tensors. */
export interface SavedModelFiles {
  /** By path, as in the folder; "saved_model.pb" is one of them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: ReadonlyMap<string, string>;
}

/** The file of a SavedModel that holds its graph. */
export const mainPath = "saved_model.pb";

/** True for what `readSavedModelFiles` gives: the files of a SavedModel, with its variables. */
export function isSavedModelFiles(value: unknown): value is SavedModelFiles {
  const { files, tensors } = (typeof value === "object" && value !== null ? value : {}) as Partial<SavedModelFiles>;
  return files instanceof Map && tensors instanceof Map && files.has(mainPath);
}
