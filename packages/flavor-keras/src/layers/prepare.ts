import { jsonMember } from "@modelkeep/core";

import { text } from "../config/json.js";
import type { LayerConfig } from "../config/layer-config.js";
import { isModelClass } from "../config/model-plan.js";
import type { Flow } from "../graph/flow.js";
import type { Weights } from "../weights/weights.js";
import { kindOf } from "./kinds.js";
import type { Draw, NamedInputs } from "./layer-kind.js";
import { prepareModel } from "./model.js";
import { prepareOperation } from "./operations.js";

/** What a layer that is in the way stands for, until all of them are known. */
const nothing: Draw = () => [];

/** Reads a layer, or a model that stands for one. */
export function prepareLayer(layer: LayerConfig, weights: Weights): Draw {
  const { origin } = layer;
  if (typeof origin === "object") {
    layer.obstacle(undefined, origin.foreign);
    return nothing;
  }
  if (origin === "operation") return prepareOperation(layer) ?? nothing;
  if (isModelClass(layer.className)) {
    const model = prepareModel(layer, weights, layer.where);
    return (graph, given, named) => model.draw(graph, masked(given, named));
  }
  const kind = kindOf(layer.className);
  if (kind === undefined) {
    layer.obstacle(undefined, reasonFor(layer));
    return nothing;
  }
  notePrecision(layer);
  const draw = kind.prepare(layer, weights);
  return (graph, given, named) => {
    const inputs = masked(given, named);
    const drawn = draw(graph, inputs, named);
    return withMask(kind.mask, inputs, Array.isArray(drawn) ? (drawn as readonly Flow[]) : [drawn as Flow]);
  };
}

/** A mask that is given counts, whatever the input brought along. */
function masked(given: readonly Flow[], named: NamedInputs): readonly Flow[] {
  const mask = named.get("mask")?.[0]?.value;
  return mask === undefined ? given : [{ ...given[0]!, mask }, ...given.slice(1)];
}

function withMask(
  rule: "ends" | "own" | undefined,
  inputs: readonly Flow[],
  outputs: readonly Flow[],
): readonly Flow[] {
  if (rule === "own") return outputs;
  const [first, ...rest] = inputs.map(({ mask }) => mask);
  const common = rest.every((mask) => mask === first) ? first : false;
  return outputs.map((flow) => {
    // A mask that the layer made itself.
    if (rule === undefined && flow.mask !== undefined && flow.mask !== first) return flow;
    const { mask: _, ...plain } = flow;
    return rule === "ends" || common === undefined ? plain : { ...plain, mask: common };
  });
}

function reasonFor({ className }: LayerConfig): string {
  if (className === "Lambda") return "code of a Lambda is never run here";
  if (className.endsWith("OpLambda"))
    return "a call of a TensorFlow function has no ONNX form here: use a layer that does the same";
  if (className === "InputLayer") return "an InputLayer that is called has no ONNX form";
  return "this class has no ONNX form here";
}

/** Types that Keras computes with; quantised ones have no form here. */
function notePrecision(layer: LayerConfig): void {
  const given = layer.get("dtype");
  const name = text(given) ?? text(jsonMember(jsonMember(given, "config"), "name")) ?? "float32";
  const type = text(jsonMember(given, "class_name")) ?? "";
  if (/^(?:int8|int4|float8)_/u.test(name) || /Quantized/u.test(type))
    layer.obstacle("dtype", `quantised layers (${name}) have no ONNX form here`);
  else if (/^(?:mixed_|float16|bfloat16|float64)/u.test(name)) layer.file.precisions.add(name);
}
