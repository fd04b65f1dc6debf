import { Tensor } from "@modelkeep/core";
import { int, ints, transposeTensor, type Value } from "@modelkeep/onnx";

import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import type { Handler, Handlers } from "./handler.js";
import { bothSides, checkLayout, moving, ones, paddingOf, reach, windowOf } from "./window.js";

/** Filters in the order of ONNX; their sizes must be known. */
function filters(d: Drawing, filter: Drawn, order: readonly number[]): Value {
  if (filter.tensor !== undefined) return d.graph.constant(transposeTensor(filter.tensor, order));
  return d.graph.transpose(d.draw(filter), order);
}

function knownShape(d: Drawing, filter: Drawn): readonly number[] {
  const shape = d.shapeOf(filter);
  if (shape.every((size) => typeof size === "number")) return shape;
  throw d.refuse("has filters whose sizes are only known when it runs");
}

function convolution(spatial: 2 | 3): Handler {
  return (d) => {
    const [x, filter] = [d.input(0), d.input(1)];
    checkLayout(d, x, spatial + 2);
    const shape = knownShape(d, filter);
    if (shape.length !== spatial + 2) throw d.malformed(`has a filter of ${shape.length} dimensions`);
    const [batch, ...rest] = d.shapeOf(x);
    const channels = rest.at(-1);
    const [own, given] = [shape[spatial]!, shape[spatial + 1]!];
    const groups = typeof channels === "number" ? channels / own : 1;
    if (!Number.isSafeInteger(groups)) throw d.malformed(`has filters for ${own} of ${channels} channels`);
    const window = windowOf(d, shape.slice(0, spatial), ones(spatial + 2));
    const { attributes, sizes } = paddingOf(d, rest.slice(0, -1), window);
    const order = [spatial + 1, spatial, ...ones(spatial).map((_, axis) => axis)];
    const value = d.apply("Conv", [d.channelsFirst(x), filters(d, filter, order)], {
      ...moving(window),
      ...attributes,
      group: int(groups),
    });
    return d.resultFirst(value, [batch!, ...sizes, given]);
  };
}

function depthwise(d: Drawing): Drawn {
  const [x, filter] = [d.input(0), d.input(1)];
  checkLayout(d, x, 4);
  const [height = 0, width = 0, channels = 0, each = 0] = knownShape(d, filter);
  const [batch, ...rest] = d.shapeOf(x);
  const window = windowOf(d, [height, width], ones(4));
  const { attributes, sizes } = paddingOf(d, rest.slice(0, -1), window);
  const [order, shape] = [
    [2, 3, 0, 1],
    [channels * each, 1, height, width],
  ];
  const weights =
    filter.tensor === undefined
      ? d.graph.reshape(filters(d, filter, order), shape)
      : d.graph.constant(new Tensor(filter.dtype, shape, transposeTensor(filter.tensor, order).data));
  const value = d.apply("Conv", [d.channelsFirst(x), weights], {
    ...moving(window),
    ...attributes,
    group: int(channels),
  });
  return d.resultFirst(value, [batch!, ...sizes, channels * each]);
}

/** A transposed convolution is the gradient of one, and TensorFlow calls it so. */
function transposedConvolution(spatial: 2 | 3): Handler {
  return (d) => {
    const [filter, x] = [d.input(1), d.input(2)];
    checkLayout(d, x, spatial + 2);
    const shape = knownShape(d, filter);
    const wanted = d.elements(d.input(0))?.slice(1, -1);
    const [batch, ...rest] = d.shapeOf(x);
    const window = windowOf(d, shape.slice(0, spatial), ones(spatial + 2));
    const given = rest.slice(0, -1);
    const plan = given.map((size, axis) => {
      const out = wanted?.[axis];
      if (typeof size !== "number" || typeof out !== "number")
        throw d.refuse("grows sizes that are only known when it runs");
      const stride = window.strides[axis]!;
      const full = stride * (size - 1) + reach(window, axis);
      const total =
        d.attributeText("padding") === "SAME"
          ? Math.max(0, (Math.ceil(out / stride) - 1) * stride + reach(window, axis) - out)
          : 0;
      return { out, total, missing: out - (full - total) };
    });
    if (plan.some(({ missing }) => missing < 0)) throw d.refuse("gives less than its window covers");
    const attributes = {
      ...moving(window),
      pads: ints(bothSides(plan.map(({ total }) => total))),
      output_padding: ints(plan.map(({ missing }) => missing)),
    };
    const order = [spatial + 1, spatial, ...ones(spatial).map((_, axis) => axis)];
    const value = d.apply("ConvTranspose", [d.channelsFirst(x), filters(d, filter, order)], attributes);
    return d.resultFirst(value, [batch!, ...plan.map(({ out }) => out), shape[spatial]!], x.dtype);
  };
}

function pooling(type: "MaxPool" | "AveragePool", spatial: 2 | 3): Handler {
  return (d) => {
    const x = d.input(0);
    checkLayout(d, x, spatial + 2);
    const [batch, ...rest] = d.shapeOf(x);
    const window = windowOf(d, d.attributeIntegers("ksize").slice(1, -1), ones(spatial + 2));
    const { attributes, sizes } = paddingOf(d, rest.slice(0, -1), window);
    const { kernel, strides } = window;
    const value = d.apply(type, [d.channelsFirst(x)], {
      kernel_shape: ints(kernel),
      strides: ints(strides),
      ...attributes,
    });
    return d.resultFirst(value, [batch!, ...sizes, rest.at(-1)!]);
  };
}

/** A number for each channel is added. */
function addBias(d: Drawing): Drawn {
  const [x, bias] = [d.input(0), d.input(1)];
  const rank = d.rankOf(x);
  const first = x.value === undefined && x.channelsFirst !== undefined;
  const shaped = () => d.graph.reshape(d.draw(bias), [-1, ...ones(rank - 2)]);
  if (d.attributeText("data_format") === "NCHW") return d.result(d.graph.add(d.draw(x), shaped()), x.shape);
  if (first && rank > 2) return d.resultFirst(d.graph.add(x.channelsFirst!, shaped()), x.shape!);
  return d.result(d.graph.add(d.draw(x), d.draw(bias)), x.shape);
}

export const convolutions: Handlers = {
  Conv2D: convolution(2),
  Conv3D: convolution(3),
  DepthwiseConv2dNative: depthwise,
  Conv2DBackpropInput: transposedConvolution(2),
  Conv3DBackpropInputV2: transposedConvolution(3),
  BiasAdd: addBias,
  BiasAddV1: addBias,
  MaxPool: pooling("MaxPool", 2),
  MaxPool3D: pooling("MaxPool", 3),
  AvgPool: pooling("AveragePool", 2),
  AvgPool3D: pooling("AveragePool", 3),
};
