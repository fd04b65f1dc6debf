import { isJsonObject } from "@modelkeep/core";

import { malformed, text } from "../config/json.js";
import type { LayerConfig } from "../config/layer-config.js";
import { isModelClass, planModel, type PlannedInput, type Source, type Step } from "../config/model-plan.js";
import type { Flow, Shape } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import type { Weights } from "../weights/weights.js";
import { kindOf } from "./kinds.js";
import type { Draw } from "./layer-kind.js";

export interface PreparedModel {
  readonly inputs: readonly PlannedInput[];
  readonly outputNames: readonly string[];
  draw(graph: LayerGraph, inputs: readonly Flow[]): readonly Flow[];
}

/** Reads a Sequential or functional model; `around` comes before the names of its layers. */
export function prepareModel(model: LayerConfig, weights: Weights, around: string): PreparedModel {
  const plan = planModel(model, around);
  const { layers, steps, inputs, outputs } = plan;
  for (const step of steps) checkCall(layers[step.layer]!, step);
  // Operations are kept among the layers, and have no weights.
  const own = layers.filter(({ origin }) => origin !== "operation");
  const weightsOf = new Map(weights.layers(own).map((each, at) => [own[at]!, each]));
  const called = new Set(steps.map(({ layer }) => layer));
  const draws = new Map<number, Draw>();
  for (const index of [...called].toSorted((a, b) => a - b)) {
    const layer = layers[index]!;
    draws.set(index, model.file.prepare(layer, weightsOf.get(layer) ?? weights));
  }
  return {
    inputs,
    outputNames: outputs.map(({ name }) => name),
    draw(graph, given) {
      if (given.length !== inputs.length)
        throw malformed(
          `The model ${JSON.stringify(model.where)} has ${inputs.length} inputs, and is called with ${given.length}`,
        );
      const values = new Map<string, readonly Flow[]>(inputs.map(({ source }, at) => [source, [given[at]!]]));
      const valueOf = ({ call, output }: Source): Flow => {
        const found = values.get(call)?.[output];
        if (found === undefined)
          throw malformed(`The model ${JSON.stringify(model.where)} uses an output that a layer does not have`);
        return found;
      };
      for (const { layer: index, key, inputs: sources, named } of steps) {
        const layer = layers[index]!;
        const flows = sources.map((each) => (typeof each === "number" ? numberFlow(graph, each) : valueOf(each)));
        const byName = new Map([...named].map(([name, list]) => [name, list.map(valueOf)]));
        if (flows.length === 0) throw malformed(`The layer ${JSON.stringify(layer.where)} is called without an input`);
        const drawn = graph.within(layer.where, () => draws.get(index)!(graph, flows, byName));
        values.set(key, Array.isArray(drawn) ? (drawn as readonly Flow[]) : [drawn as Flow]);
      }
      return outputs.map(({ source }) => valueOf(source));
    },
  };
}

function numberFlow(graph: LayerGraph, value: number): Flow {
  return { value: graph.float32(value), shape: [], dtype: "float32" };
}

/** Arguments that change what a layer computes, and that are not looked at here. */
function checkCall(layer: LayerConfig, step: Step): void {
  const { named, options } = step;
  const kind = kindOf(layer.className);
  const known = ["mask", ...(kind?.arguments ?? [])];
  if (layer.origin === "layer" && kind !== undefined && step.inputs.length > (kind.inputs ?? 1))
    layer.obstacle(undefined, `it is called with ${step.inputs.length} tensors, which has no ONNX form here`);
  if (layer.origin !== "operation" && step.inputs.some((each) => typeof each === "number"))
    layer.obstacle(undefined, "it is called with a number, which has no ONNX form here");
  for (const name of named.keys())
    if (!known.includes(name)) layer.obstacle(name, "it is called with this argument, which has no ONNX form here");
  for (const [name, value] of options)
    if (value !== false)
      layer.obstacle(name, `it is called with ${name}=${JSON.stringify(value)}, which has no ONNX form here`);
}

/** Shape and type of an input: of its InputLayer, or of whatever the model tells of itself. */
export function inputOf({ layer }: PlannedInput): { readonly shape: Shape; readonly dtype: string } {
  if (layer.get("sparse") === true) layer.obstacle("sparse", "sparse inputs have no ONNX form here");
  if (layer.get("ragged") === true) layer.obstacle("ragged", "ragged inputs have no ONNX form here");
  if (layer.get("optional") === true) layer.obstacle("optional", "optional inputs have no ONNX form here");
  const own = layer.className === "InputLayer";
  const shape = own ? (layer.get("batch_shape") ?? layer.get("batch_input_shape")) : shapeOfFirst(layer);
  const isShape =
    Array.isArray(shape) &&
    shape.length > 0 &&
    shape.every((size) => size === null || (Number.isSafeInteger(size) && (size as number) >= 0));
  if (!isShape)
    throw malformed(
      `The model tells no shape of its input ${JSON.stringify(layer.where)}: call it once before it is saved`,
    );
  return { shape: shape as Shape, dtype: own ? (text(layer.get("dtype")) ?? "float32") : "float32" };
}

/** Of a Sequential model without an InputLayer. */
function shapeOfFirst(model: LayerConfig): unknown {
  const built = model.get("build_input_shape") ?? model.get("batch_input_shape");
  if (built !== undefined && built !== null) return built;
  const layers = model.get("layers");
  const first = Array.isArray(layers) && isJsonObject(layers[0]) ? layers[0] : undefined;
  const config = first?.["config"];
  if (!isJsonObject(config)) return undefined;
  const shape = config["batch_input_shape"] ?? config["batch_shape"];
  if (shape !== undefined || !isModelClass(text(first?.["class_name"]) ?? "")) return shape;
  return shapeOfFirst(model.with({ ...config, layers: config["layers"] ?? null }));
}
