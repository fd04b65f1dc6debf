import { isJsonObject } from "@modelkeep/core";
import { float, type Value } from "@modelkeep/onnx";

import { shown, text } from "../config/json.js";
import type { LayerConfig } from "../config/layer-config.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import { checkBroadcast, maskFault } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

/** A function of floats; `axis` is where Keras' last axis lies in the graph. */
export type Activation = (b: LayerGraph, x: Value, axis: number) => Value;

const op =
  (type: string, attributes: Readonly<Record<string, number>> = {}): Activation =>
  (b, x) =>
    b.apply(type, [x], Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, float(value)])));

const identity: Activation = (_, x) => x;
const hardSigmoid3 = op("HardSigmoid", { alpha: 1 / 6, beta: 0.5 });

/** Activations by their names in Keras, as they are without parameters. */
export const activations: Readonly<Record<string, Activation>> = {
  linear: identity,
  relu: op("Relu"),
  relu6: (b, x) => b.clip(x, b.float32(0), b.float32(6)),
  leaky_relu: op("LeakyRelu", { alpha: 0.2 }),
  elu: op("Elu", { alpha: 1 }),
  celu: op("Celu", { alpha: 1 }),
  selu: op("Selu", { alpha: 1.6732632423543772, gamma: 1.0507009873554805 }),
  sigmoid: op("Sigmoid"),
  hard_sigmoid: hardSigmoid3,
  tanh: op("Tanh"),
  softmax: (b, x, axis) => b.softmax(x, axis),
  log_softmax: (b, x, axis) => b.logSoftmax(x, axis),
  softplus: op("Softplus"),
  softsign: op("Softsign"),
  silu: (b, x) => b.mul(x, b.sigmoid(x)),
  swish: (b, x) => b.mul(x, b.sigmoid(x)),
  hard_silu: (b, x, axis) => b.mul(x, hardSigmoid3(b, x, axis)),
  hard_swish: (b, x, axis) => b.mul(x, hardSigmoid3(b, x, axis)),
  gelu: (b, x) => b.apply("Gelu", [x]),
  // Of TensorFlow.js alone.
  gelu_new: (b, x) => b.apply("Gelu", [x], { approximate: "tanh" }),
  exponential: (b, x) => b.exp(x),
  mish: op("Mish"),
  log_sigmoid: (b, x) => b.neg(b.apply("Softplus", [b.neg(x)])),
  hard_tanh: (b, x) => b.clip(x, b.float32(-1), b.float32(1)),
  tanh_shrink: (b, x) => b.sub(x, b.tanh(x)),
  soft_shrink: op("Shrink", { lambd: 0.5, bias: 0.5 }),
  hard_shrink: op("Shrink", { lambd: 0.5, bias: 0 }),
  squareplus: (b, x) => b.mul(b.float32(0.5), b.add(x, b.sqrt(b.add(b.mul(x, x), b.float32(4))))),
};

/** What Keras 2 computes under names that mean something else in Keras 3. */
const activations2: Readonly<Record<string, Activation>> = {
  hard_sigmoid: op("HardSigmoid", { alpha: 0.2, beta: 0.5 }),
};

/** Where functions live that are named without being Keras' activations by that alone. */
const activationModules = /^(?:builtins|(?:tensorflow\.|tf_)?keras(?:\.src)?\.activations)$/u;

/** The activation that a layer names: a text, a function by its name, or a layer that is one. */
export function activationOf(
  layer: LayerConfig,
  key = "activation",
): { readonly name: string; readonly draw: Activation } {
  const given = layer.get(key) ?? "linear";
  const isFunction = isJsonObject(given) && text(given["class_name"]) === "function";
  const ours = isFunction && activationModules.test(text(given["module"]) ?? "builtins");
  const name = typeof given === "string" ? given : ours ? text(given["config"]) : undefined;
  if (name !== undefined && Object.hasOwn(activations, name))
    return { name, draw: (layer.keras === 2 ? activations2[name] : undefined) ?? activations[name]! };
  const inner = isFunction ? undefined : layer.inner(key);
  if (inner?.origin === "layer" && Object.hasOwn(activationLayers, inner.className))
    return { name: inner.className, draw: activationLayers[inner.className]!(inner) };
  layer.obstacle(key, `the activation ${name ?? inner?.className ?? shown(given)} has no ONNX form here`);
  return { name: "linear", draw: identity };
}

/** ReLU with everything that may be set of it. */
function reluOf(negativeSlope: number, maxValue: number | undefined, threshold: number): Activation {
  if (negativeSlope === 0 && threshold === 0)
    return maxValue === undefined ? op("Relu") : (b, x) => b.clip(x, b.float32(0), b.float32(maxValue));
  if (threshold === 0 && maxValue === undefined) return op("LeakyRelu", { alpha: negativeSlope });
  return (b, x) => {
    const [zero, edge] = [b.float32(0), b.float32(threshold)];
    const top = maxValue === undefined ? x : b.min(x, b.float32(maxValue));
    const below = negativeSlope === 0 ? zero : b.mul(b.float32(negativeSlope), b.sub(x, edge));
    return b.where(b.greaterOrEqual(x, edge), top, below);
  };
}

/** Layers that are activations, from their configuration. */
const activationLayers: Readonly<Record<string, (layer: LayerConfig) => Activation>> = {
  Activation: (layer) => activationOf(layer).draw,
  ReLU: (layer) =>
    reluOf(layer.number("negative_slope", 0), layer.optionalNumber("max_value"), layer.number("threshold", 0)),
  LeakyReLU: (layer) =>
    op("LeakyRelu", {
      alpha: layer.optionalNumber("negative_slope") ?? layer.number("alpha", 0.3),
    }),
  ThresholdedReLU: (layer) => op("ThresholdedRelu", { alpha: layer.number("theta", 1) }),
  ELU: (layer) => op("Elu", { alpha: layer.number("alpha", 1) }),
  Softmax: (layer) => {
    layer.only("axis", -1, "within another layer, softmax over another axis than the last has no ONNX form here");
    return activations["softmax"]!;
  },
};

const simple = Object.entries(activationLayers).filter(([name]) => name !== "Softmax");

export const activationKinds: readonly LayerKind[] = [
  ...simple.map(([name, read]): LayerKind => ({
    classes: [name],
    prepare(layer) {
      const draw = read(layer);
      return (graph, [x]) => {
        const axis = graph.axisOf(x!, -1);
        return graph.map(x!, (value) => draw(graph, value, axis));
      };
    },
  })),
  {
    classes: ["Softmax"],
    mask: "own",
    limits: "one axis; no mask",
    prepare(layer) {
      const axes = layer.axes("axis", -1);
      if (axes.length !== 1) layer.obstacle("axis", "softmax over several axes at once has no ONNX form here");
      return (graph, [x]) => {
        if (x!.mask !== undefined) throw maskFault(layer);
        const axis = graph.axisOf(x!, axes[0]!);
        return graph.map(x!, (value) => graph.softmax(value, axis));
      };
    },
  },
  {
    classes: ["PReLU"],
    prepare(layer, weights) {
      const [alpha] = weights.take(["alpha"]);
      return (graph, [x]) => {
        const input = graph.last(graph.float(x!));
        checkBroadcast(layer, "alpha", alpha!.shape, input.shape.slice(1));
        return { ...input, value: graph.apply("PRelu", [input.value, graph.weight(alpha!)]) };
      };
    },
  },
];
