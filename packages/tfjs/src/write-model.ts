import {
  isJsonObject,
  joinBytes,
  type Json,
  ModelkeepError,
  parseJson,
  type Tensor,
  tensorBytes,
} from "@modelkeep/core";

import { readModelJson } from "./model-json.js";
import { readTfjsModel } from "./read-model.js";
import { modelKey, type TfjsModel } from "./tfjs-model.js";
import type { WeightSpec } from "./weights-manifest.js";

/** Bytes of a file of weights, as TensorFlow's converter has it. */
const shardSize = 4 * 2 ** 20;

/** The main file and the files of weights, one group of them, from a description and all bytes. */
export function shardFiles(
  description: { readonly [key: string]: Json },
  weights: readonly Json[],
  data: Uint8Array,
): Map<string, Uint8Array> {
  const count = Math.ceil(data.length / shardSize);
  const shards = Array.from({ length: count }, (_, index): [string, Uint8Array] => [
    `group1-shard${index + 1}of${count}.bin`,
    data.subarray(index * shardSize, (index + 1) * shardSize),
  ]);
  const weightsManifest = [{ paths: shards.map(([path]) => path), weights: [...weights] }];
  const text = JSON.stringify({ ...description, weightsManifest });
  return new Map([["model.json", new TextEncoder().encode(text)], ...shards]);
}

/**
 * A model of TensorFlow.js from its tensors, wherever they were kept, and the description in the metadata (`tfjs.model`). Weights
 * that were quantised are written as the numbers that they became. Throws `invalid_input` where weights are missing or others.
 */
export function writeTfjsModel(tensors: ReadonlyMap<string, Tensor>, metadata: ReadonlyMap<string, string>): TfjsModel {
  const text = metadata.get(modelKey);
  if (text === undefined)
    throw new ModelkeepError(
      "invalid_input",
      `[tfjs] Tensors alone are no model of TensorFlow.js: the metadata lacks ${modelKey}, the text of its model.json`,
    );
  const bytes = new TextEncoder().encode(text);
  const { groups } = readModelJson(bytes);
  const specs = groups.flatMap(({ weights }) => weights);
  const known = new Set(specs.map(({ name }) => name));
  const other = [...tensors.keys()].find((name) => !known.has(name));
  if (other !== undefined)
    throw new ModelkeepError("invalid_input", `[tfjs] The model.json knows no weight ${JSON.stringify(other)}`);
  const data = joinBytes(specs.map((spec) => tensorBytes(fitting(spec, tensors.get(spec.name)))));
  const { weightsManifest: _, ...description } = parseJson(bytes, { what: "model.json", depth: 1000 }) as {
    [key: string]: Json;
  };
  const written = specs.map(({ name, shape, dtype, optimizer }) => ({
    name,
    shape: [...shape],
    dtype,
    ...(optimizer && { group: "optimizer" }),
  }));
  return readTfjsModel("model.json", shardFiles(isJsonObject(description) ? description : {}, written, data));
}

function fitting({ name, dtype, shape }: WeightSpec, tensor: Tensor | undefined): Tensor {
  if (tensor === undefined)
    throw new ModelkeepError("invalid_input", `[tfjs] The tensors lack the weight ${JSON.stringify(name)} of ${dtype}`);
  if (tensor.dtype === dtype && tensor.shape.join() === shape.join()) return tensor;
  throw new ModelkeepError(
    "invalid_input",
    `[tfjs] The weight ${JSON.stringify(name)} is ${tensor.dtype} [${tensor.shape.join(", ")}], where the model.json has ${dtype} [${shape.join(", ")}]`,
  );
}
