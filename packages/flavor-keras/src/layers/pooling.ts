import { int, ints } from "@modelkeep/onnx";

import { channelled, fromChannelled } from "../graph/channels.js";
import { range } from "../graph/layer-graph.js";
import { inputFault, maskFault, rankOf } from "./checks.js";
import { padAttributes } from "./convolution.js";
import type { LayerKind } from "./layer-kind.js";
import { channelsFirst, type Padding, sizeAfter, spatialRank, type Window } from "./windows.js";

const pooling: LayerKind = {
  classes: ["MaxPooling", "MaxPool", "AveragePooling", "AvgPool"].flatMap((stem) =>
    [1, 2, 3].map((rank) => `${stem}${rank}D`),
  ),
  mask: "ends",
  prepare(layer) {
    const rank = spatialRank(layer);
    const sizes = layer.sizes("pool_size", rank, 2);
    const strides =
      layer.get("strides") === null
        ? sizes
        : layer.sizes("strides", rank, layer.get("strides") === undefined ? 2 : undefined);
    const windows = sizes.map((kernel, at): Window => ({ kernel, stride: strides[at]!, dilation: 1 }));
    const padding = layer.oneOf<Padding>("padding", ["valid", "same"], "valid");
    const first = channelsFirst(layer);
    const isMax = layer.className.startsWith("Max");
    return (graph, [x]) => {
      rankOf(layer, x!.shape, rank + 2);
      const input = channelled(graph, x!, first);
      const spatial = input.spatial.map((size, at) => sizeAfter(size, windows[at]!, padding));
      if (spatial.some((size) => size !== null && size < 1))
        throw inputFault(layer, x!.shape, "one not smaller than the pool");
      const value = graph.apply(isMax ? "MaxPool" : "AveragePool", [input.value], {
        kernel_shape: ints(sizes),
        strides: ints(strides),
        ...(isMax ? {} : { count_include_pad: int(0) }),
        ...padAttributes(layer, input, windows, padding),
      });
      return fromChannelled({ ...input, value, spatial }, first);
    };
  },
};

const globalPooling: LayerKind = {
  classes: ["GlobalMaxPooling", "GlobalMaxPool", "GlobalAveragePooling", "GlobalAvgPool"].flatMap((stem) =>
    [1, 2, 3].map((rank) => `${stem}${rank}D`),
  ),
  mask: "own",
  prepare(layer) {
    const rank = spatialRank(layer);
    const first = channelsFirst(layer);
    const keep = layer.boolean("keepdims", false);
    const isMax = layer.className.startsWith("GlobalMax");
    return (graph, [x]) => {
      rankOf(layer, x!.shape, rank + 2);
      const input = graph.float(x!);
      const spatial = first ? range(2, rank + 2) : range(1, rank + 1);
      const shape = input.shape
        .map((size, axis) => (spatial.includes(axis) ? 1 : size))
        .filter((_, axis) => keep || !spatial.includes(axis));
      if (x!.mask !== undefined && layer.className === "GlobalAveragePooling1D") {
        if (x!.mask === false || first) throw maskFault(layer);
        const counted = graph.cast(graph.unsqueeze(x!.mask, [2]), "float32");
        const sum = graph.reduceSum(graph.mul(graph.last(input).value, counted), [1], keep);
        return { value: graph.div(sum, graph.reduceSum(counted, [1], keep)), shape, dtype: "float32" };
      }
      const axes = spatial.map((axis) => graph.axisOf(input, axis));
      const value = isMax ? graph.reduceMax(input.value, axes, keep) : graph.reduceMean(input.value, axes, keep);
      return { value, shape, dtype: "float32", ...(keep && input.channelsFirst === true && { channelsFirst: true }) };
    };
  },
};

export const poolingKinds: readonly LayerKind[] = [pooling, globalPooling];
