import { joinBytes, type Json, jsonMember, ModelkeepError, parseJson } from "@modelkeep/core";
import { readTfjsModel, shardFiles, type TfjsModel } from "@modelkeep/tfjs";

/** One weight of the artifacts (`tf.io.WeightsManifestEntry`). */
export interface TfjsWeightEntry {
  name: string;
  shape: number[];
  dtype: "float32" | "int32" | "bool" | "string" | "complex64";
  group?: "model" | "optimizer";
  quantization?: { scale?: number; min?: number; dtype: "uint16" | "uint8" | "float16" };
}

/** What `model.save` gives its handler, and `tf.loadLayersModel` takes from one: `tf.io.ModelArtifacts`, as far as it is kept. */
export interface TfjsArtifacts {
  modelTopology?: object | ArrayBuffer;
  weightSpecs?: TfjsWeightEntry[];
  weightData?: ArrayBuffer | ArrayBuffer[];
  trainingConfig?: object;
  format?: string;
  generatedBy?: string;
  convertedBy?: string | null;
  signature?: object;
  userDefinedMetadata?: { [key: string]: object };
  modelInitializer?: object;
  initializerSignature?: object;
}

const kept = [
  "format",
  "generatedBy",
  "convertedBy",
  "signature",
  "userDefinedMetadata",
  "modelInitializer",
  "initializerSignature",
  "trainingConfig",
  "modelTopology",
] as const;

/** The files that `model.save` of TensorFlow.js would have written. Bytes are copied. */
export function fromTfjs(artifacts: TfjsArtifacts): TfjsModel {
  const { modelTopology, weightSpecs = [], weightData } = artifacts;
  if (typeof modelTopology !== "object" || modelTopology === null || isBuffer(modelTopology))
    throw new ModelkeepError(
      "invalid_input",
      "[tfjs] The artifacts have no modelTopology as JSON: give what model.save gives its handler",
    );
  if (weightSpecs.length > 0 && weightData === undefined)
    throw new ModelkeepError("invalid_input", "[tfjs] The artifacts have weightSpecs, and no weightData");
  const description = Object.fromEntries(kept.map((key) => [key, artifacts[key]])) as unknown as {
    [key: string]: Json;
  };
  return readTfjsModel(
    "model.json",
    shardFiles(description, weightSpecs as unknown as Json[], joined(weightData ?? [])),
  );
}

/** What `tf.loadLayersModel` and `tf.loadGraphModel` ask a handler for. */
export function toTfjs({ main, files }: TfjsModel): TfjsArtifacts {
  const bytes = files.get(main)!;
  const json = parseJson(bytes, { what: "model.json", depth: 1000 });
  const artifacts = Object.fromEntries(
    kept.map((key) => [key, jsonMember(json, key)]).filter(([, value]) => value !== undefined),
  ) as TfjsArtifacts;
  const manifest = (jsonMember(json, "weightsManifest") ?? []) as unknown as {
    paths: string[];
    weights: TfjsWeightEntry[];
  }[];
  const parts = manifest.flatMap(({ paths }) => paths.map((path) => files.get(path.replace(/^(?:\.\/)+/u, ""))!));
  return {
    ...artifacts,
    weightSpecs: manifest.flatMap(({ weights }) => weights),
    weightData: joined(parts).buffer,
  };
}

function isBuffer(value: object): value is ArrayBuffer {
  return Object.prototype.toString.call(value) === "[object ArrayBuffer]" || ArrayBuffer.isView(value);
}

function joined(data: ArrayBuffer | readonly (ArrayBuffer | Uint8Array)[]): Uint8Array<ArrayBuffer> {
  return joinBytes((Array.isArray(data) ? data : [data]).map((part) => new Uint8Array(part as ArrayBuffer)));
}
