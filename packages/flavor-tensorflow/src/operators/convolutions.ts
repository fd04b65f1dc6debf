import { Tensor } from "@modelkeep/core";
import { type Attributes, int, ints, transposeTensor, type Value } from "@modelkeep/onnx";

import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import { remaining, type Size } from "../graph/sizes.js";
import { padded } from "./slices.js";
import type { Handler, Handlers } from "./handler.js";

/** How a window moves over the sizes of an image. */
interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

function windowOf(d: Drawing, kernel: readonly number[], defaults: readonly number[]): Window {
  const inner = (list: readonly number[]) => (list.length === 0 ? defaults : list).slice(1, -1);
  const window = {
    kernel,
    strides: inner(d.attributeIntegers("strides")),
    dilations: inner(d.attributeIntegers("dilations")),
  };
  const all = [...window.kernel, ...window.strides, ...window.dilations];
  if (all.length !== kernel.length * 3 || all.some((each) => each < 1)) throw d.malformed("has a window that is none");
  return window;
}

interface Padding {
  readonly attributes: Attributes;
  readonly sizes: readonly Size[];
}

const reach = ({ kernel, dilations }: Window, axis: number) => (kernel[axis]! - 1) * dilations[axis]! + 1;

/** TensorFlow's padding as pads where the sizes are known, and what becomes of the sizes. */
function paddingOf(d: Drawing, sizes: readonly Size[], window: Window): Padding {
  const { strides, dilations } = window;
  const kind = d.attributeText("padding");
  if (kind === "SAME") {
    const after = sizes.map((size, axis) =>
      typeof size === "number" ? Math.ceil(size / strides[axis]!) : strides[axis] === 1 ? size : null,
    );
    const totals = sizes.map((size, axis) => {
      if (strides[axis] === 1) return reach(window, axis) - 1;
      if (typeof size !== "number") return undefined;
      return Math.max(0, (after[axis]! as number) * strides[axis]! - strides[axis]! + reach(window, axis) - size);
    });
    if (totals.every((total) => total !== undefined))
      return { attributes: { pads: ints(bothSides(totals)) }, sizes: after };
    if (dilations.some((each) => each !== 1)) throw d.refuse("is dilated over sizes that are only known when it runs");
    return { attributes: { auto_pad: "SAME_UPPER" }, sizes: after };
  }
  let pads = sizes.map((): readonly [number, number] => [0, 0]);
  if (kind === "EXPLICIT") {
    const given = d.attributeIntegers("explicit_paddings");
    pads = sizes.map((_, axis) => [given[axis * 2 + 2] ?? 0, given[axis * 2 + 3] ?? 0]);
  } else if (kind !== "VALID") throw d.malformed(`has the padding ${JSON.stringify(kind)}`);
  const after = sizes.map((size, axis) =>
    typeof size === "number"
      ? Math.floor((size + pads[axis]![0] + pads[axis]![1] - reach(window, axis)) / strides[axis]!) + 1
      : strides[axis] === 1 && reach(window, axis) === 1 && pads[axis]!.every((each) => each === 0)
        ? size
        : null,
  );
  if (after.some((size) => typeof size === "number" && size < 0))
    throw d.malformed("has a window that is larger than what it moves over");
  return {
    attributes: { pads: ints([...pads.map(([before]) => before), ...pads.map(([, behind]) => behind)]) },
    sizes: after,
  };
}

/** The odd one goes behind. */
function bothSides(totals: readonly number[]): number[] {
  const before = totals.map((total) => Math.floor(total / 2));
  return [...before, ...totals.map((total, axis) => total - before[axis]!)];
}

function checkLayout(d: Drawing, x: Drawn, rank: number): void {
  const format = d.attributeText("data_format");
  if (format !== "" && format !== "NHWC" && format !== "NDHWC")
    throw d.refuse(`has its channels in the order ${format}`);
  if (d.rankOf(x) !== rank) throw d.malformed(`has an image of ${d.rankOf(x)} dimensions`);
  d.onlyFloat32(d.inputs.indexOf(x));
}

const ones = (rank: number) => Array.from({ length: rank }, () => 1);

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

function moving({ kernel, strides, dilations }: Window): Attributes {
  return { kernel_shape: ints(kernel), strides: ints(strides), dilations: ints(dilations) };
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

/** Blocks of an image become rows of the batch: how TensorFlow dilates. */
function spaceToBatch(d: Drawing): Drawn {
  const block = d.integers(1, "blocks");
  const numbers = d.integers(2, "paddings");
  const count = block.length;
  const whole = d.input(0);
  const rest = d.rankOf(whole) - 1 - count;
  const pads = [
    [0, 0],
    ...block.map((_, axis) => [numbers[axis * 2]!, numbers[axis * 2 + 1]!]),
    ...ones(rest).map(() => [0, 0]),
  ];
  const x = padded(d, whole, pads as [number, number][]);
  const [batch, ...shape] = d.shapeOf(x);
  const cut = shape.slice(0, count).map((size, axis) => {
    if (typeof size !== "number") throw d.refuse("cuts an image into blocks whose size is only known when it runs");
    if (size % block[axis]! !== 0) throw d.malformed(`cuts ${size} into blocks of ${block[axis]}`);
    return size / block[axis]!;
  });
  const others = numbersOf(d, shape.slice(count));
  const parts = d.graph.reshape(d.draw(x), [-1, ...cut.flatMap((size, axis) => [size, block[axis]!]), ...others]);
  const order = [
    ...block.map((_, axis) => axis * 2 + 2),
    0,
    ...block.map((_, axis) => axis * 2 + 1),
    ...others.map((_, axis) => axis + 1 + count * 2),
  ];
  const rows = d.graph.reshape(d.graph.transpose(parts, order), [-1, ...cut, ...others]);
  const factor = block.reduce((product, size) => product * size, 1);
  return d.result(rows, [typeof batch === "number" ? batch * factor : null, ...cut, ...others]);
}

function batchToSpace(d: Drawing): Drawn {
  const block = d.integers(1, "blocks");
  const crops = d.integers(2, "crops");
  const x = d.input(0);
  const count = block.length;
  const [batch, ...shape] = d.shapeOf(x);
  const cut = numbersOf(d, shape.slice(0, count));
  const others = numbersOf(d, shape.slice(count));
  const factor = block.reduce((product, size) => product * size, 1);
  const parts = d.graph.reshape(d.draw(x), [...block, -1, ...cut, ...others]);
  const order = [
    count,
    ...cut.flatMap((_, axis) => [count + 1 + axis, axis]),
    ...others.map((_, axis) => axis + 1 + count * 2),
  ];
  const grown = cut.map((size, axis) => size * block[axis]!);
  const whole = d.graph.reshape(d.graph.transpose(parts, order), [-1, ...grown, ...others]);
  const ends = grown.map((size, axis) => size - crops[axis * 2 + 1]!);
  const starts = grown.map((_, axis) => crops[axis * 2]!);
  const value = crops.every((each) => each === 0)
    ? whole
    : d.graph.slice(
        whole,
        starts,
        ends,
        starts.map((_, axis) => axis + 1),
      );
  const rows = typeof batch === "number" ? remaining([batch], [factor]) : null;
  return d.result(value, [rows, ...ends.map((end, axis) => end - starts[axis]!), ...others]);
}

function numbersOf(d: Drawing, sizes: readonly Size[]): readonly number[] {
  if (sizes.every((size) => typeof size === "number")) return sizes;
  throw d.refuse("cuts an image into blocks whose size is only known when it runs");
}

function rearranged(type: "DepthToSpace" | "SpaceToDepth"): Handler {
  return (d) => {
    const x = d.input(0);
    checkLayout(d, x, 4);
    const size = d.attributeInteger("block_size");
    const [batch, height, width, channels] = numbersFrom(d, x);
    const grows = type === "DepthToSpace";
    const scaled = (each: number) => (grows ? each * size : each / size);
    const depth = grows ? channels / size ** 2 : channels * size ** 2;
    if (![scaled(height), scaled(width), depth].every(Number.isSafeInteger)) throw d.malformed(`has blocks of ${size}`);
    const value = d.apply(type, [d.channelsFirst(x)], { blocksize: int(size) });
    return d.resultFirst(value, [batch, scaled(height), scaled(width), depth]);
  };
}

function numbersFrom(d: Drawing, x: Drawn): readonly [Size, number, number, number] {
  const [batch, ...rest] = d.shapeOf(x);
  const [height, width, channels] = numbersOf(d, rest) as [number, number, number];
  return [batch!, height, width, channels];
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
  SpaceToBatchND: spaceToBatch,
  BatchToSpaceND: batchToSpace,
  DepthToSpace: rearranged("DepthToSpace"),
  SpaceToDepth: rearranged("SpaceToDepth"),
};
