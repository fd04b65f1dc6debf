import type { LayerConfig } from "../config/layer-config.js";
import { type Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import type { Float32Weight, Weights } from "../weights/weights.js";
import { axisWithin, checkWeight, inputFault, knownSize } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

/** A weight of one size, spread along an axis of the graph. */
function along(graph: LayerGraph, flow: Flow, axis: number, data: Float32Array) {
  const shape = flow.shape.map(() => 1);
  shape[graph.axisOf(flow, axis)] = data.length;
  return graph.float32(data, shape);
}

const batch: LayerKind = {
  classes: ["BatchNormalization", "SyncBatchNormalization"],
  prepare(layer, weights) {
    const axes = layer.axes("axis", -1);
    if (axes.length !== 1) layer.obstacle("axis", "normalisation over several axes has no ONNX form here");
    const epsilon = layer.number("epsilon", 0.001);
    const [scale, center] = [layer.boolean("scale", true), layer.boolean("center", true)];
    const names = [...(scale ? ["gamma"] : []), ...(center ? ["beta"] : []), "moving_mean", "moving_variance"];
    const taken = weights.take(names);
    const size = taken[0]!.shape[0]!;
    taken.forEach((weight, at) => checkWeight(layer, names[at]!, weight, [size]));
    const of = (name: string) => taken[names.indexOf(name)]?.data;
    const [gamma, beta, mean, variance] = [of("gamma"), of("beta"), of("moving_mean")!, of("moving_variance")!];
    // As TensorFlow does it, each step in float32.
    const factor = new Float32Array(size);
    const offset = new Float32Array(size);
    for (let at = 0; at < size; at++) {
      const inverse = Math.fround(1 / Math.sqrt(Math.fround(variance[at]! + Math.fround(epsilon))));
      factor[at] = inverse * (gamma?.[at] ?? 1);
      offset[at] = (beta?.[at] ?? 0) - Math.fround(mean[at]! * factor[at]!);
    }
    return (graph, [x]) => {
      const axis = axisWithin(layer, axes[0]!, x!.shape);
      if (x!.shape[axis] !== size) throw inputFault(layer, x!.shape, `one of ${size} at the axis ${axes[0]}`);
      return graph.map(x!, (value) =>
        graph.add(graph.mul(value, along(graph, x!, axis, factor)), along(graph, x!, axis, offset)),
      );
    };
  },
};

/** Scale and shift of a normalisation, as far as it has them. */
function takeScale(layer: LayerConfig, weights: Weights) {
  const [scale, center] = [layer.boolean("scale", true), layer.boolean("center", true)];
  const taken = weights.take([...(scale ? ["gamma"] : []), ...(center ? ["beta"] : [])]);
  return { gamma: scale ? taken[0] : undefined, beta: center ? taken.at(-1) : undefined };
}

/** `x * inv + (beta - mean * inv)`, as Keras writes it. */
function normalized(
  graph: LayerGraph,
  value: string,
  axes: readonly number[],
  epsilon: number,
  gamma: string | undefined,
  beta: string | undefined,
): string {
  const mean = graph.reduceMean(value, axes, true);
  const centered = graph.sub(value, mean);
  const variance = graph.reduceMean(graph.mul(centered, centered), axes, true);
  const inverse = graph.reciprocal(graph.sqrt(graph.add(variance, graph.float32(epsilon))));
  const scale = gamma === undefined ? inverse : graph.mul(inverse, gamma);
  const scaled = graph.mul(centered, scale);
  return beta === undefined ? scaled : graph.add(scaled, beta);
}

const layerNormalization: LayerKind = {
  classes: ["LayerNormalization"],
  prepare(layer, weights) {
    const given = layer.axes("axis", -1);
    const epsilon = layer.number("epsilon", 0.001);
    if (layer.boolean("rms_scaling", false)) layer.obstacle("rms_scaling", "it has no ONNX form here");
    const { gamma, beta } = takeScale(layer, weights);
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const axes = given.map((axis) => axisWithin(layer, axis, input.shape)).toSorted((a, b) => a - b);
      const sizes = axes.map((axis) => input.shape[axis]!);
      const shape = input.shape.map((_, axis) => (axes.includes(axis) ? knownSize(layer, input.shape, axis) : 1));
      const spread = (name: string, weight: Float32Weight | undefined) => {
        if (weight === undefined) return undefined;
        checkWeight(layer, name, weight, sizes);
        return graph.float32(weight.data, shape);
      };
      const value = normalized(graph, input.value, axes, epsilon, spread("gamma", gamma), spread("beta", beta));
      return { ...input, value };
    };
  },
};

const group: LayerKind = {
  classes: ["GroupNormalization"],
  prepare(layer, weights) {
    const groups = layer.integer("groups", 32, -1);
    const given = layer.axes("axis", -1);
    if (given.length !== 1) layer.obstacle("axis", "normalisation over several axes has no ONNX form here");
    const epsilon = layer.number("epsilon", 0.001);
    const { gamma, beta } = takeScale(layer, weights);
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const axis = axisWithin(layer, given[0]!, input.shape);
      const channels = knownSize(layer, input.shape, axis);
      const count = groups === -1 ? channels : groups;
      if (count < 1 || channels % count !== 0) throw inputFault(layer, input.shape, `one that ${count} groups divide`);
      const split = [count, channels / count];
      const sizes = input.shape.map((size, at) =>
        at === 0 ? 0 : at === axis ? split : knownSize(layer, input.shape, at) && size!,
      );
      const grouped = graph.reshape(input.value, sizes.flat());
      const reduced = Array.from({ length: input.shape.length }, (_, at) => at + 1).filter((at) => at !== axis);
      const shape = sizes.map((_, at) => (at === axis ? split : 1)).flat();
      const spread = (name: string, weight: Float32Weight | undefined) => {
        if (weight === undefined) return undefined;
        checkWeight(layer, name, weight, [channels]);
        return graph.float32(weight.data, shape);
      };
      const value = normalized(graph, grouped, reduced, epsilon, spread("gamma", gamma), spread("beta", beta));
      const back = input.shape.map((size, at) => (at === 0 ? 0 : size!));
      return { ...input, value: graph.reshape(value, back) };
    };
  },
};

const rootMeanSquare: LayerKind = {
  classes: ["RMSNormalization"],
  prepare(layer, weights) {
    const given = layer.axes("axis", -1);
    const epsilon = layer.number("epsilon", 1e-6);
    const [scale] = weights.take(["scale"]);
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const axes = given.map((axis) => axisWithin(layer, axis, input.shape));
      const sizes = axes.map((axis) => input.shape[axis]!);
      checkWeight(layer, "scale", scale!, sizes);
      const squares = graph.reduceMean(graph.mul(input.value, input.value), axes, true);
      const inverse = graph.reciprocal(graph.sqrt(graph.add(squares, graph.float32(epsilon))));
      return { ...input, value: graph.mul(graph.mul(input.value, inverse), graph.weight(scale!)) };
    };
  },
};

/** Each vector divided by its length. */
export function unitLength(
  graph: LayerGraph,
  value: string,
  axes: readonly number[],
  { keras, tfjs }: LayerConfig,
): string {
  const squares = graph.reduceSum(graph.mul(value, value), axes, true);
  const inverse =
    keras === 2
      ? graph.reciprocal(graph.sqrt(graph.max(squares, graph.float32(tfjs ? 1e-7 : 1e-12))))
      : graph.min(graph.reciprocal(graph.sqrt(squares)), graph.float32(1e12));
  return graph.mul(value, inverse);
}

const unit: LayerKind = {
  classes: ["UnitNormalization"],
  prepare(layer) {
    const given = layer.axes("axis", -1);
    return (graph, [x]) => {
      const axes = given.map((axis) => graph.axisOf(x!, axisWithin(layer, axis, x!.shape)));
      return graph.map(x!, (value) => unitLength(graph, value, axes, layer));
    };
  },
};

export const normalizationKinds: readonly LayerKind[] = [batch, layerNormalization, group, rootMeanSquare, unit];
