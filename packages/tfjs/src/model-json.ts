import {
  isJsonObject,
  type Json,
  jsonMember,
  type JsonObject,
  type Limits,
  ModelkeepError,
  parseJson,
} from "@modelkeep/core";

import { malformed, textMember } from "./json.js";
import { readManifest, type WeightGroup } from "./weights-manifest.js";

/** "layers-model": the configuration of layers, as Keras writes it; "graph-model": a graph of TensorFlow. */
export type TfjsFormat = "layers-model" | "graph-model";

/** What `model.json` says (`ModelJSON` of TensorFlow.js). */
export interface ModelJson {
  readonly format: TfjsFormat;
  readonly generatedBy: string | undefined;
  readonly convertedBy: string | undefined;
  /** Keras' configuration, or a GraphDef as JSON. */
  readonly topology: JsonObject;
  readonly groups: readonly WeightGroup[];
  readonly signature: Json | undefined;
  /** A graph that fills tables before the model is used, and its signature. */
  readonly initializer: JsonObject | undefined;
  readonly initializerSignature: Json | undefined;
  readonly trainingConfig: Json | undefined;
  readonly userDefinedMetadata: Json | undefined;
}

/** More than any description of a model has. */
const mostBytes = 256 * 2 ** 20;
const deepest = 256;

/** Throws `malformed` and `limit_exceeded`; `refused` for weights that lie outside of the model's folder. */
export function readModelJson(bytes: Uint8Array, limits: Limits = {}): ModelJson {
  if (bytes.length > mostBytes)
    throw new ModelkeepError(
      "limit_exceeded",
      `[tfjs] The model.json has ${bytes.length} bytes, more than ${mostBytes}`,
    );
  const depth = Math.min(limits.depth ?? deepest, 1000);
  const json = parseJson(bytes, { what: "model.json", depth });
  const topology = jsonMember(json, "modelTopology");
  if (!isJsonObject(topology)) throw malformed("The model.json has no modelTopology: it is no model of TensorFlow.js");
  const initializer = jsonMember(json, "modelInitializer");
  const userDefinedMetadata = jsonMember(json, "userDefinedMetadata");
  return {
    format: formatOf(json, topology),
    generatedBy: textMember(json, "generatedBy"),
    convertedBy: textMember(json, "convertedBy"),
    topology,
    groups: readManifest(jsonMember(json, "weightsManifest"), limits),
    // Older converters kept it among what the user defines.
    signature: jsonMember(json, "signature") ?? jsonMember(userDefinedMetadata, "signature"),
    initializer: isJsonObject(initializer) ? initializer : undefined,
    initializerSignature: jsonMember(json, "initializerSignature"),
    trainingConfig: jsonMember(json, "trainingConfig") ?? jsonMember(topology, "training_config"),
    userDefinedMetadata,
  };
}

/** The first versions did not say which they are. */
function formatOf(json: Json, topology: JsonObject): TfjsFormat {
  const format = jsonMember(json, "format");
  if (format === "layers-model" || format === "graph-model") return format;
  if (format !== undefined && format !== null)
    throw new ModelkeepError(
      "unsupported",
      `[tfjs] The model.json has the format ${JSON.stringify(format).slice(0, 80)}; layers-model and graph-model are read`,
    );
  return Array.isArray(topology["node"]) ? "graph-model" : "layers-model";
}

/** Keras' object of class and configuration. The converter puts it below `model_config`; TensorFlow.js itself does not. */
export function layersConfig({ topology }: ModelJson): JsonObject {
  const config = jsonMember(topology, "model_config") ?? topology;
  if (!isJsonObject(config) || typeof config["class_name"] !== "string")
    throw malformed("The modelTopology names no class of model");
  return config;
}
