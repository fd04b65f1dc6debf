import {
  byteLength,
  elementCount,
  isDType,
  isModelkeepError,
  ModelkeepError,
  type StatePath,
  statePathText,
  Tensor,
  tensorBytes,
  tensorFromBytes,
} from "@modelkeep/core";

import { endsWithinByte } from "./encode-tensors.js";
import { metadataName } from "./header.js";
import { nameOfDType } from "./safetensors-dtypes.js";

/**
 * What stands in a model's tree in place of a tensor that lies in a safetensors file: its name there; or, for a dtype that
 * the format lacks, the name of the raw bytes with dtype and shape; or a tensor of strings itself, which has no bytes.
 */
export type TensorReference = string | ReadonlyMap<string, string | readonly number[] | readonly string[]>;

/** Takes tensors out of a tree and gives them names. */
export interface TensorGatherer {
  /** Of all tensors added so far, under names that tell their place: `trees.0.threshold`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  add(tensor: Tensor, path: StatePath): TensorReference;
}

/** Gathers the tensors of a state for one safetensors file. The same state always gives the same names. */
export function gatherTensors(): TensorGatherer {
  const tensors = new Map<string, Tensor>();
  return {
    tensors,
    add(tensor, path) {
      const { dtype, shape } = tensor;
      if (dtype === "string") return stringsReference(tensor, path);
      const name = freeName(path, tensors);
      if (nameOfDType(dtype) !== undefined && !endsWithinByte(tensor)) {
        tensors.set(name, tensor);
        return name;
      }
      const bytes = tensorBytes(tensor);
      tensors.set(name, new Tensor("uint8", [bytes.length], bytes));
      return new Map<string, string | readonly number[]>([
        ["name", name],
        ["dtype", dtype],
        ["shape", shape],
      ]);
    },
  };
}

/** The tensor that a reference stands for, among those of the file; `malformed` when there is no such tensor. */
export function referencedTensor(reference: unknown, tensors: ReadonlyMap<string, Tensor>): Tensor {
  if (typeof reference === "string") return named(reference, tensors);
  const { name, dtype, shape, values } = fieldsOf(reference);
  if (!isDType(dtype)) throw malformed("of an unknown dtype");
  if (!isShape(shape)) throw malformed("with a shape that is no list of counts");
  try {
    if (dtype === "string") {
      if (!isTexts(values)) throw malformed("of strings with values that are no texts");
      return new Tensor(dtype, shape, values);
    }
    if (typeof name !== "string") throw malformed("without a name");
    const bytes = tensorBytes(named(name, tensors));
    if (bytes.length !== byteLength(dtype, elementCount(shape))) throw malformed("whose shape does not fit its bytes");
    return tensorFromBytes(dtype, shape, bytes);
  } catch (cause) {
    if (!isModelkeepError(cause, "invalid_input")) throw cause;
    throw malformed(`that is none: ${cause.message}`, cause);
  }
}

function stringsReference(tensor: Tensor, path: StatePath): TensorReference {
  const values = tensor.data as readonly string[];
  if (!isTexts(values)) {
    throw new ModelkeepError(
      "invalid_input",
      `The tensor of strings at ${statePathText(path)} has something that is no proper text`,
    );
  }
  return new Map<string, string | readonly number[] | readonly string[]>([
    ["dtype", "string"],
    ["shape", tensor.shape],
    ["values", values],
  ]);
}

/** Two places may give one name, as `a.b` within nothing and `b` within `a`: the later one is numbered. */
function freeName(path: StatePath, taken: ReadonlyMap<string, Tensor>): string {
  const name = path.length === 0 ? "state" : path.join(".");
  const free = (candidate: string) => !taken.has(candidate) && candidate !== metadataName && candidate !== "__proto__";
  if (free(name)) return name;
  for (let number = 2; ; number++) if (free(`${name}#${number}`)) return `${name}#${number}`;
}

function named(name: string, tensors: ReadonlyMap<string, Tensor>): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw malformed(`named ${JSON.stringify(name.slice(0, 80))} that is not there`);
  return tensor;
}

function fieldsOf(reference: unknown): Readonly<Record<string, unknown>> {
  if (reference instanceof Map) return Object.fromEntries(reference as ReadonlyMap<string, unknown>);
  if (typeof reference !== "object" || reference === null) throw malformed("that is no reference");
  return reference as Record<string, unknown>;
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && (size as number) >= 0);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string" && text.isWellFormed());
}

function malformed(fault: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `The state in the file refers to a tensor ${fault}`, { cause });
}
