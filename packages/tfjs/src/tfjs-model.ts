import type { Tensor } from "@modelkeep/core";

/** A model of TensorFlow.js in memory: its files byte for byte, and its weights as named tensors. */
export interface TfjsModel {
  /** The file that describes it: "model.json". */
  readonly main: string;
  /** By path, as in the folder; the main file is one of them. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Quantised weights are numbers again; weights of texts are left out. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The main file, word for word, as `tfjs.model`: with it tensors that were kept elsewhere become a model again. And `tfjs.format`. */
  readonly metadata: ReadonlyMap<string, string>;
}

/** How the metadata calls the text of the main file. */
export const modelKey = "tfjs.model";

/** And which of the two forms of models it is. */
export const formatKey = "tfjs.format";

/** Whether a value is a model of TensorFlow.js with its files. */
export function isTfjsModel(value: unknown): value is TfjsModel {
  const { main, files, tensors } = (typeof value === "object" && value !== null ? value : {}) as Partial<TfjsModel>;
  return files instanceof Map && tensors instanceof Map && typeof main === "string" && files.has(main);
}
