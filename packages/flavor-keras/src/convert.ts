import {
  type Conversion,
  type Dimension,
  type DType,
  isJsonObject,
  type Json,
  jsonMember,
  ModelkeepError,
  parseJson,
  type Signature,
} from "@modelkeep/core";
import { type OnnxModel, pruneModel } from "@modelkeep/onnx";
import type { TensorFile } from "@modelkeep/safetensors";

import { malformed, text } from "./config/json.js";
import { type FileFacts, innerLayer } from "./config/layer-config.js";
import { isModelClass } from "./config/model-plan.js";
import { Obstacles } from "./config/obstacles.js";
import type { Flow } from "./graph/flow.js";
import { LayerGraph } from "./graph/layer-graph.js";
import { inputOf, prepareModel } from "./layers/model.js";
import { prepareLayer } from "./layers/prepare.js";
import { version } from "./version.js";
import { type Weights, weightsOf } from "./weights/weights.js";

/** What may be asked of the conversion. */
export interface KerasConvertOptions {
  /** Keras computes in float32, and so does the ONNX model: nothing else can be asked for. */
  readonly precision?: "float64" | "float32";
}

/** A converted model with what its file says about it. */
export interface KerasConversion extends Conversion {
  readonly model: OnnxModel;
  readonly signature: Signature;
  /** Every layer, those of models within included: its name, class and the models around it. */
  readonly steps: readonly { readonly name: string; readonly type: string }[];
  readonly versions: Readonly<Record<string, string>>;
  readonly parameterCount: number;
}

/** By how much outputs may differ from Keras', which sums in another order: |a - b| <= bound x max(1, |b|). */
const bound = 1e-5;

/** Deeper than models within models are. */
const depth = 256;

/**
 * A model of Keras, as `@modelkeep/codec-keras` reads it, to ONNX. Throws `unsupported` with every layer that has no ONNX form,
 * `malformed` for parts that do not agree. Nothing that the file names is ever looked up or run.
 */
export function convertKeras({ tensors, metadata }: TensorFile, options: KerasConvertOptions = {}): KerasConversion {
  float32Only(options);
  const root = architectureOf(metadata);
  return convertArchitecture({
    root,
    keras: kerasOf(metadata, root),
    tfjs: false,
    weights: weightsOf(tensors, metadata),
    versions: versionsOf(metadata),
    parameterCount: [...tensors]
      .filter(([name]) => !name.startsWith("optimizer"))
      .reduce((sum, [, { size }]) => sum + size, 0),
  });
}

export function float32Only({ precision }: KerasConvertOptions): void {
  if (precision === "float64")
    throw new ModelkeepError(
      "unsupported",
      "Models of Keras are converted as Keras computes them, in float32: leave the precision out",
    );
}

/** An architecture and where its weights are, whatever kind of file they came from. */
export interface Architecture {
  /** The object of class and configuration. */
  readonly root: Json;
  /** Whose defaults hold. */
  readonly keras: 2 | 3;
  /** Whether TensorFlow.js runs it, which computes some layers in another way. */
  readonly tfjs: boolean;
  readonly weights: Weights;
  readonly versions: Readonly<Record<string, string>>;
  readonly parameterCount: number;
}

/** Throws as `convertKeras` does. */
export function convertArchitecture({
  root,
  keras,
  tfjs,
  weights,
  versions,
  parameterCount,
}: Architecture): KerasConversion {
  const obstacles = new Obstacles();
  const file: FileFacts = { keras, tfjs, obstacles, prepare: prepareLayer, precisions: new Set() };
  const model = isJsonObject(root) ? innerLayer(root, "", file) : undefined;
  if (model === undefined) throw malformed("The architecture names no class");
  const { origin } = model;
  if (origin !== "layer" || !isModelClass(model.className)) {
    model.obstacle(
      undefined,
      typeof origin === "object"
        ? origin.foreign
        : "only Sequential and functional models tell how their layers are called",
    );
    obstacles.settle();
  }
  const prepared = prepareModel(model, weights, "");
  const inputs = prepared.inputs.map((input) => ({ name: input.name, layer: input.layer, ...inputOf(input) }));
  for (const { layer, dtype } of inputs)
    if (!Object.hasOwn(inputTypes, dtype)) layer.obstacle("dtype", `inputs of ${dtype} have no ONNX form here`);
  obstacles.settle();

  const graph = new LayerGraph({
    name: model.name,
    producerName: "modelkeep-keras",
    producerVersion: version,
    metadata: {
      "modelkeep.source": `${tfjs ? "tfjs" : "keras"} ${model.className}`,
      ...Object.fromEntries(Object.entries(versions).map(([library, each]) => [`modelkeep.${library}`, each])),
    },
  });
  const flows = inputs.map(({ name, shape, dtype }): Flow => {
    const type = inputTypes[dtype]!;
    return { value: graph.input(name, type, dimensions(shape, name)), shape, dtype: type };
  });
  const drawn = prepared.draw(
    graph,
    flows.map((flow) => computable(graph, flow)),
  );
  const taken = new Set(inputs.map(({ name }) => name));
  drawn.forEach((flow, at) => {
    const { value, shape, dtype } = graph.last(flow);
    const name = unique(prepared.outputNames[at]!, taken);
    graph.output(name, value, dtype, dimensions(shape, name));
  });
  const { precisions } = file;
  const notes =
    precisions.size === 0
      ? []
      : [
          `Keras computes in ${[...precisions].join(", ")}, the ONNX model in float32: compare its predictions with recorded ones`,
        ];
  return {
    model: pruneModel(graph.build()),
    signature: graph.signature,
    ...(precisions.size === 0 ? { exactness: "bounded", bound } : { exactness: "unknown" }),
    notes,
    steps: stepsIn(root, ""),
    versions,
    parameterCount,
  };
}

/** Types of inputs, by Keras' names for them. */
const inputTypes: Readonly<Record<string, DType>> = Object.fromEntries(
  "float32 float64 float16 int64 int32 int16 int8 uint8 uint16 uint32 bool string"
    .split(" ")
    .map((name) => [name, name as DType]),
);

/** Keras turns floats into the type that it computes with. */
function computable(graph: LayerGraph, flow: Flow): Flow {
  return flow.dtype === "float64" || flow.dtype === "float16" ? graph.float(flow) : flow;
}

function dimensions(shape: readonly (number | null)[], name: string): Dimension[] {
  return shape.map((size, axis) => size ?? (axis === 0 ? "batch" : `${name}_${axis}`));
}

function unique(name: string, taken: Set<string>): string {
  for (let count = 0; ; count++) {
    const own = count === 0 ? name : `${name}_${count}`;
    if (taken.has(own)) continue;
    taken.add(own);
    return own;
  }
}

function architectureOf(metadata: ReadonlyMap<string, string>): Json {
  const config = metadata.get("keras.config");
  if (config === undefined)
    throw malformed(
      "The file has weights alone, without the architecture of the model: save the whole model as .keras",
    );
  return parseJson(new TextEncoder().encode(config), { what: "architecture", depth, nonFinite: true });
}

/** What the file says of itself; else by how it writes calls. */
function kerasOf(metadata: ReadonlyMap<string, string>, root: Json): 2 | 3 {
  const told = metadata.get("keras.version") ?? text(jsonMember(root, "keras_version"));
  if (told !== undefined) return /^[012]\./u.test(told) ? 2 : 3;
  return jsonMember(root, "module") === undefined ? 2 : 3;
}

function versionsOf(metadata: ReadonlyMap<string, string>): Record<string, string> {
  const told = metadata.get("keras.version");
  return told === undefined ? {} : { keras: told };
}

function stepsIn(config: Json | undefined, around: string): { name: string; type: string }[] {
  const inner = jsonMember(config, "config");
  const layers = Array.isArray(inner) ? inner : jsonMember(inner, "layers");
  if (!Array.isArray(layers)) return [];
  return layers.flatMap((layer) => {
    const type = text(jsonMember(layer, "class_name"));
    if (type === undefined) return [];
    const own = text(jsonMember(layer, "name")) ?? text(jsonMember(jsonMember(layer, "config"), "name")) ?? type;
    const name = `${around}${own}`;
    return [{ name, type }, ...stepsIn(layer, `${name}/`)];
  });
}
