import { byteLength, checkPath, elementCount, ModelkeepError, type Tensor } from "@modelkeep/core";

import { mapTensors } from "./map-tensors.js";
import type { OnnxEntry, OnnxModel, OnnxTensor } from "./model.js";
import { fromOnnxTensor, tensorDType } from "./tensor.js";

/** Where a tensor's bytes lie: a file by its path from the model's folder, and a range in it. */
export interface ExternalReference {
  readonly location: string;
  readonly offset: number;
  readonly length: number;
}

/** Bytes of the data file begin at multiples of this, so that they can be mapped or viewed. */
const alignment = 4096;

/**
 * The reference of a tensor with `dataLocation` 1, or `undefined` for one that has its bytes with it. The path is
 * checked as those of payloads are, the length is that which dtype and shape need. `size` gives the size of a file, or
 * `undefined` when there is no such file; without it, existence is not checked.
 */
export function externalReference(
  tensor: OnnxTensor,
  size?: (location: string) => number | undefined,
): ExternalReference | undefined {
  if (tensor.dataLocation !== 1) return undefined;
  const what = `The external data of ${JSON.stringify(tensor.name ?? "")}`;
  const entries = new Map<string, string>();
  for (const { key = "", value = "" } of tensor.externalData ?? []) {
    if (entries.has(key)) throw new ModelkeepError("malformed", `${what} has the key ${JSON.stringify(key)} twice`);
    entries.set(key, value);
  }
  const location = entries.get("location");
  if (location === undefined) throw new ModelkeepError("malformed", `${what} has no location`);
  checkPath(location);
  const offset = count(entries.get("offset") ?? "0", `${what}: offset`);
  const needed = byteLength(tensorDType(tensor), elementCount(tensor.dims));
  const length = count(entries.get("length") ?? String(needed), `${what}: length`);
  if (length !== needed)
    throw new ModelkeepError("malformed", `${what} has ${length} bytes, its shape needs ${needed}`);
  if (size !== undefined) {
    const available = size(location);
    if (available === undefined) {
      throw new ModelkeepError(
        "not_found",
        `${what} lies in ${JSON.stringify(location)}, which is not among the files given`,
        {
          details: { location },
        },
      );
    }
    if (offset + length > available) {
      throw new ModelkeepError(
        "truncated",
        `${what} ends at byte ${offset + length}, ${JSON.stringify(location)} has ${available}`,
      );
    }
  }
  return { location, offset, length };
}

function count(text: string, what: string): number {
  const number = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number))
    throw new ModelkeepError("malformed", `${what} is no count: ${JSON.stringify(text.slice(0, 40))}`);
  return number;
}

/** Files that a model's external data lie in, by path from the model's folder. */
export type ExternalFiles = ReadonlyMap<string, ArrayBuffer>;

/** A stored tensor with its bytes from the files, as views. */
export function internalizeTensor(tensor: OnnxTensor, files: ExternalFiles): OnnxTensor {
  const reference = externalReference(tensor, (location) => files.get(location)?.byteLength);
  if (reference === undefined) return tensor;
  const { location, offset, length } = reference;
  const rawData = new Uint8Array(files.get(location)!, offset, length);
  const { externalData: _, dataLocation: __, ...rest } = tensor;
  return { ...rest, rawData };
}

/** The elements of an initializer, wherever its bytes are. */
export function readTensor(tensor: OnnxTensor, files: ExternalFiles = new Map()): Tensor {
  return fromOnnxTensor(internalizeTensor(tensor, files));
}

/** Which initializers go to a second file, and what that is called. */
export interface ExternalizeOptions {
  /** Path of the data file from the model's folder. */
  readonly location: string;
  /** Initializers from this many bytes on go out. Default 1 MiB. */
  readonly threshold?: number;
}

/** The model with large initializers of its main graph moved to one data file, whose bytes are a list of views and padding. */
export function externalize(
  model: OnnxModel,
  options: ExternalizeOptions,
): { model: OnnxModel; chunks: readonly Uint8Array[]; size: number } {
  const { location, threshold = 1024 * 1024 } = options;
  checkPath(location);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const initializer = (model.graph?.initializer ?? []).map((tensor) => {
    const { rawData, ...rest } = tensor;
    if (rawData === undefined || rawData.length < threshold) return tensor;
    const padding = (alignment - (size % alignment)) % alignment;
    if (padding > 0) chunks.push(new Uint8Array(padding));
    const offset = size + padding;
    chunks.push(rawData);
    size = offset + rawData.length;
    const externalData: OnnxEntry[] = [
      { key: "location", value: location },
      { key: "offset", value: String(offset) },
      { key: "length", value: String(rawData.length) },
    ];
    return { ...rest, externalData, dataLocation: 1 };
  });
  if (size === 0 || model.graph === undefined) return { model, chunks: [], size: 0 };
  return { model: { ...model, graph: { ...model.graph, initializer } }, chunks, size };
}

/** The model with all its bytes in memory: every tensor with external data, wherever it is, becomes a view on its file. */
export function internalize(model: OnnxModel, files: ExternalFiles): OnnxModel {
  return mapTensors(model, (tensor) => internalizeTensor(tensor, files));
}

/** Bytes of raw data in the model's initializers: all that is large in a large model. */
export function weightBytes(model: OnnxModel): number {
  return (model.graph?.initializer ?? []).reduce((sum, tensor) => sum + (tensor.rawData?.length ?? 0), 0);
}
