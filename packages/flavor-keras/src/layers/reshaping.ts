import type { Json } from "@modelkeep/core";

import type { LayerConfig } from "../config/layer-config.js";
import { channelled, fromChannelled } from "../graph/channels.js";
import { type Flow, product, type Shape } from "../graph/flow.js";
import { type LayerGraph, range } from "../graph/layer-graph.js";
import { inputFault, rankOf } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";
import { channelsFirst, spatialRank } from "./windows.js";

const flatten: LayerKind = {
  classes: ["Flatten"],
  mask: "ends",
  prepare(layer) {
    const first = channelsFirst(layer);
    return (graph, [x]) => {
      const input = graph.last(x!);
      const { shape } = input;
      const size = product(shape.slice(1));
      const turned =
        first && shape.length > 2 ? graph.transpose(input.value, [0, ...range(2, shape.length), 1]) : input.value;
      return { ...input, value: graph.reshape(turned, [0, size ?? -1]), shape: [shape[0]!, size] };
    };
  },
};

const reshape: LayerKind = {
  classes: ["Reshape"],
  mask: "ends",
  prepare(layer) {
    // TensorFlow.js writes null for the size that is left open.
    const target = layer.list("target_shape")?.map((size) => (size === null ? -1 : size)) as
      | readonly number[]
      | undefined;
    if (
      target === undefined ||
      !target.every((size) => Number.isSafeInteger(size) && size >= -1) ||
      target.filter((size) => size === -1).length > 1
    )
      throw layer.fault("target_shape", "a list of sizes, at most one of them -1");
    return (graph, [x]) => {
      const input = graph.last(x!);
      const total = product(input.shape.slice(1));
      const rest = target.filter((size) => size !== -1).reduce((size, each) => size * each, 1);
      const open = target.includes(-1);
      if (total !== null && (open ? rest === 0 || total % rest !== 0 : total !== rest))
        throw inputFault(layer, input.shape, `one of as many elements as [${target.join(", ")}]`);
      const sizes = target.map((size) => (size !== -1 ? size : total === null ? -1 : total / rest));
      const shape = [input.shape[0]!, ...sizes.map((size) => (size === -1 ? null : size))];
      return { ...input, value: graph.reshape(input.value, [0, ...sizes]), shape };
    };
  },
};

const permute: LayerKind = {
  classes: ["Permute"],
  mask: "ends",
  prepare(layer) {
    const dims = layer.numbers("dims") ?? [];
    if (dims.toSorted((a, b) => a - b).some((dim, at) => dim !== at + 1))
      throw layer.fault("dims", "an order of the axes, from 1 on");
    return (graph, [x]) => {
      rankOf(layer, x!.shape, dims.length + 1);
      const input = graph.last(x!);
      const order = [0, ...dims];
      return { ...input, value: graph.transpose(input.value, order), shape: order.map((axis) => input.shape[axis]!) };
    };
  },
};

const repeatVector: LayerKind = {
  classes: ["RepeatVector"],
  mask: "ends",
  prepare(layer) {
    const count = layer.integer("n");
    return (graph, [x]) => {
      rankOf(layer, x!.shape, 2);
      const value = graph.tile(graph.unsqueeze(x!.value, [1]), graph.int64([1, count, 1]));
      return { ...x!, value, shape: [x!.shape[0]!, count, x!.shape[1]!] };
    };
  },
};

/** Before and behind each spatial axis: one number, one for each axis, or a pair for each. */
function pairsOf(layer: LayerConfig, key: string, rank: number): readonly (readonly [number, number])[] {
  const isSize = (value: Json | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const given = layer.get(key);
  const list = isSize(given) ? range(0, rank).map(() => given) : given;
  // A series has one pair, and it stands alone.
  const items = rank === 1 && Array.isArray(list) && list.length === 2 && list.every(isSize) ? [list] : list;
  if (!Array.isArray(items) || items.length !== rank) throw layer.fault(key, `${rank} pairs of sizes`);
  return items.map((item) => {
    const pair = isSize(item) ? [item, item] : item;
    if (!Array.isArray(pair) || pair.length !== 2 || !pair.every(isSize))
      throw layer.fault(key, `${rank} pairs of sizes`);
    return pair as [number, number];
  });
}

/** The axes of space, in Keras' order. */
function spatialAxes(layer: LayerConfig, flow: Flow, rank: number): readonly number[] {
  rankOf(layer, flow.shape, rank + 2);
  return range(0, rank).map((at) => at + (channelsFirst(layer) ? 2 : 1));
}

function resized(shape: Shape, axes: readonly number[], change: (size: number, at: number) => number): Shape {
  return shape.map((size, axis) => (size === null || !axes.includes(axis) ? size : change(size, axes.indexOf(axis))));
}

const padding: LayerKind = {
  classes: ["ZeroPadding1D", "ZeroPadding2D", "ZeroPadding3D"],
  mask: "ends",
  prepare(layer) {
    const rank = spatialRank(layer);
    const pairs = pairsOf(layer, "padding", rank);
    return (graph, [x]) => {
      const input = graph.float(x!);
      const axes = spatialAxes(layer, input, rank);
      const pads = Array.from({ length: input.shape.length * 2 }, () => 0);
      axes.forEach((axis, at) => {
        const own = graph.axisOf(input, axis);
        [pads[own], pads[own + input.shape.length]] = pairs[at]!;
      });
      const value = graph.apply("Pad", [input.value, graph.int64(pads), graph.float32(0)], { mode: "constant" });
      return { ...input, value, shape: resized(input.shape, axes, (size, at) => size + pairs[at]![0] + pairs[at]![1]) };
    };
  },
};

const cropping: LayerKind = {
  classes: ["Cropping1D", "Cropping2D", "Cropping3D"],
  mask: "ends",
  prepare(layer) {
    const rank = spatialRank(layer);
    const pairs = pairsOf(layer, "cropping", rank);
    return (graph, [x]) => {
      const axes = spatialAxes(layer, x!, rank);
      const shape = resized(x!.shape, axes, (size, at) => size - pairs[at]![0] - pairs[at]![1]);
      if (axes.some((axis) => shape[axis] !== null && shape[axis]! < 1))
        throw inputFault(layer, x!.shape, "one that is larger than what is cut off");
      const ends = pairs.map(([, behind]) => (behind === 0 ? 2 ** 31 - 1 : -behind));
      const own = axes.map((axis) => graph.axisOf(x!, axis));
      const value = graph.slice(
        x!.value,
        pairs.map(([before]) => before),
        ends,
        own,
      );
      return { ...x!, value, shape };
    };
  },
};

const upSampling: LayerKind = {
  classes: ["UpSampling1D", "UpSampling2D", "UpSampling3D"],
  mask: "ends",
  limits: "nearest and bilinear",
  prepare(layer) {
    const rank = spatialRank(layer);
    const sizes = layer.sizes("size", rank, 2);
    const interpolation = layer.get("interpolation") ?? "nearest";
    if (interpolation !== "nearest" && interpolation !== "bilinear")
      layer.obstacle("interpolation", `${JSON.stringify(interpolation)} has no ONNX form here`);
    const first = channelsFirst(layer);
    return (graph, [x]) => {
      rankOf(layer, x!.shape, rank + 2);
      const input = channelled(graph, x!, first);
      const value = resize(graph, input.value, sizes, interpolation === "nearest", layer.tfjs);
      const spatial = input.spatial.map((size, at) => (size === null ? null : size * sizes[at]!));
      return fromChannelled({ ...input, value, spatial }, first);
    };
  },
};

/** TensorFlow.js takes the corners of pixels where Keras takes their middles. */
function resize(
  graph: LayerGraph,
  value: string,
  sizes: readonly number[],
  nearest: boolean,
  corners: boolean,
): string {
  return graph.apply("Resize", [value, "", graph.float32([1, 1, ...sizes])], {
    mode: nearest ? "nearest" : "linear",
    coordinate_transformation_mode: nearest || corners ? "asymmetric" : "half_pixel",
    nearest_mode: nearest ? "floor" : undefined,
  });
}

export const reshapingKinds: readonly LayerKind[] = [
  flatten,
  reshape,
  permute,
  repeatVector,
  padding,
  cropping,
  upSampling,
];
