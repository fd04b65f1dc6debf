import {
  checkPaths,
  elementCount,
  isJsonObject,
  isModelkeepError,
  type Json,
  jsonMember,
  type Limits,
  ModelkeepError,
} from "@modelkeep/core";

import { malformed } from "./json.js";

/** What a weight is of. */
export type WeightType = "float32" | "int32" | "bool" | "string" | "complex64";

/** How a weight is kept in fewer bytes: integers times `scale` plus `min`, or half precision. */
export type Quantization =
  | { readonly dtype: "uint8" | "uint16"; readonly scale: number; readonly min: number }
  | { readonly dtype: "float16" };

/** One weight, as the manifest describes it. */
export interface WeightSpec {
  readonly name: string;
  readonly dtype: WeightType;
  readonly shape: readonly number[];
  /** Elements. */
  readonly count: number;
  readonly quantization: Quantization | undefined;
  /** State of the optimizer, and no part of what predicts. */
  readonly optimizer: boolean;
}

/** Weights one behind the other in files one behind the other. */
export interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightSpec[];
}

const mostWeights = 1_000_000;
const types: ReadonlySet<string> = new Set(["float32", "int32", "bool", "string", "complex64"]);

/** `weightsManifest`: absent is the same as empty. */
export function readManifest(value: Json | undefined, limits: Limits): readonly WeightGroup[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw malformed("The weightsManifest is no list of groups");
  const groups = value.map(readGroup);
  const most = limits.items ?? mostWeights;
  const all = groups.flatMap(({ weights }) => weights);
  if (all.length > most)
    throw new ModelkeepError("limit_exceeded", `[tfjs] The model has ${all.length} weights; ${most} are allowed`);
  const names = new Set<string>();
  for (const { name } of all) {
    if (names.has(name)) throw malformed(`The weight ${JSON.stringify(name)} is there twice`);
    names.add(name);
  }
  checkWithin(groups.flatMap(({ paths }) => paths));
  return groups;
}

/** TensorFlow.js would fetch whatever the paths lead to. */
function checkWithin(paths: readonly string[]): void {
  const seen = new Set<string>();
  for (const path of paths) {
    if (seen.has(path)) throw malformed(`The file of weights ${JSON.stringify(path)} is there twice`);
    seen.add(path);
  }
  try {
    checkPaths(paths);
  } catch (cause) {
    if (!isModelkeepError(cause)) throw cause;
    throw new ModelkeepError(
      "refused",
      `[tfjs] The weightsManifest names a file that is none of the model's folder: ${cause.message}. Nothing outside of it is opened`,
      { cause },
    );
  }
}

function readGroup(value: Json): WeightGroup {
  const [paths, weights] = [jsonMember(value, "paths"), jsonMember(value, "weights")];
  if (!Array.isArray(paths) || !paths.every((path) => typeof path === "string") || !Array.isArray(weights))
    throw malformed("A group of the weightsManifest has no paths or no weights");
  // As browsers download models: "./model.weights.bin".
  return { paths: paths.map((path) => path.replace(/^(?:\.\/)+/u, "")), weights: weights.map(readSpec) };
}

function readSpec(value: Json): WeightSpec {
  const [name, dtype, shape] = [jsonMember(value, "name"), jsonMember(value, "dtype"), jsonMember(value, "shape")];
  if (typeof name !== "string" || name === "" || name === "__proto__")
    throw malformed(`A weight has the name ${shown(name)}`);
  const fault = (what: string) => malformed(`The weight ${JSON.stringify(name)} ${what}`);
  if (typeof dtype !== "string" || !types.has(dtype))
    throw new ModelkeepError("unsupported", `[tfjs] The weight ${JSON.stringify(name)} is of ${shown(dtype)}`);
  const sizes = Array.isArray(shape) ? shape : [null];
  if (!sizes.every((size): size is number => Number.isSafeInteger(size) && (size as number) >= 0) || sizes.length > 64)
    throw fault(`has the shape ${shown(shape)}`);
  return {
    name,
    dtype: dtype as WeightType,
    shape: sizes,
    count: countOf(sizes, fault),
    quantization: quantizationOf(jsonMember(value, "quantization"), dtype, fault),
    optimizer: jsonMember(value, "group") === "optimizer",
  };
}

function countOf(shape: readonly number[], fault: (what: string) => Error): number {
  try {
    return elementCount(shape);
  } catch {
    throw fault(`has the shape [${shape.join(", ")}], which no file holds`);
  }
}

function quantizationOf(
  value: Json | undefined,
  dtype: string,
  fault: (what: string) => Error,
): Quantization | undefined {
  if (value === undefined || value === null) return undefined;
  const [kind, scale, min] = [jsonMember(value, "dtype"), jsonMember(value, "scale"), jsonMember(value, "min")];
  if (!isJsonObject(value) || (kind !== "uint8" && kind !== "uint16" && kind !== "float16"))
    throw fault(`is quantised as ${shown(kind)}; uint8, uint16 and float16 are known`);
  if (kind === "float16") {
    if (dtype !== "float32") throw fault(`is of ${dtype} and kept as float16, which only float32 can be`);
    return { dtype: kind };
  }
  if (dtype !== "float32" && dtype !== "int32") throw fault(`is of ${dtype} and quantised as ${kind}`);
  if (typeof scale !== "number" || typeof min !== "number" || !Number.isFinite(scale) || !Number.isFinite(min))
    throw fault(`is quantised as ${kind} without a scale and a min`);
  return { dtype: kind, scale, min };
}

function shown(value: Json | undefined): string {
  return value === undefined ? "nothing" : JSON.stringify(value).slice(0, 80);
}
