import { type Attributes, int, ints } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import { channelled, type Channelled, fromChannelled } from "../graph/channels.js";
import type { Flow } from "../graph/flow.js";
import { type LayerGraph, range } from "../graph/layer-graph.js";
import { permute } from "../weights/permute.js";
import type { Float32Weight, Weights } from "../weights/weights.js";
import { activationOf } from "./activations.js";
import { checkWeight, inputFault, rankOf, unsupportedHere } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";
import { channelsFirst, type Padding, padsOf, sizeAfter, spatialRank, type Window } from "./windows.js";

/** What convolutions have in common. */
function convolutionOf(layer: LayerConfig) {
  const rank = spatialRank(layer);
  const sizes = layer.sizes("kernel_size", rank);
  const strides = layer.sizes("strides", rank, 1);
  const dilations = layer.sizes("dilation_rate", rank, 1);
  const windows = sizes.map((kernel, at): Window => ({ kernel, stride: strides[at]!, dilation: dilations[at]! }));
  const causal = rank === 1 ? ["causal" as const] : [];
  const padding = layer.oneOf<Padding>("padding", ["valid", "same", ...causal], "valid");
  return { rank, sizes, windows, padding, first: channelsFirst(layer), activation: activationOf(layer) };
}

type Convolution = ReturnType<typeof convolutionOf>;

function biasOf(layer: LayerConfig, weights: Weights, names: readonly string[]) {
  const withBias = layer.boolean("use_bias", true);
  const taken = weights.take(withBias ? [...names, "bias"] : names);
  return { kernels: taken.slice(0, names.length), bias: withBias ? taken.at(-1)! : undefined };
}

/** `[..., in, out]`, as Keras keeps kernels, to `[out, in, ...]`. */
function channelsBefore(rank: number): readonly number[] {
  return [rank + 1, rank, ...range(0, rank)];
}

function inputOf(
  graph: LayerGraph,
  layer: LayerConfig,
  flow: Flow,
  { rank, first }: Convolution,
  channels: number,
): Channelled {
  rankOf(layer, flow.shape, rank + 2);
  const input = channelled(graph, flow, first);
  if (input.channels !== channels) throw inputFault(layer, flow.shape, `one of ${channels} channels`);
  return input;
}

/** With the activation of the layer. */
function outputOf(graph: LayerGraph, { activation, first }: Convolution, output: Channelled): Flow {
  return fromChannelled({ ...output, value: activation.draw(graph, output.value, first ? -1 : 1) }, first);
}

interface Trained {
  readonly kernel: Float32Weight;
  readonly bias?: Float32Weight | undefined;
  /** In how many groups the channels go apart. */
  readonly group?: number;
}

/** A convolution without its activation; the kernel is in ONNX' order. */
function convolve(
  graph: LayerGraph,
  layer: LayerConfig,
  input: Channelled,
  { windows, padding }: Pick<Convolution, "windows" | "padding">,
  { kernel, bias, group = 1 }: Trained,
): Channelled {
  const spatial = input.spatial.map((size, at) => sizeAfter(size, windows[at]!, padding));
  if (spatial.some((size) => size !== null && size < 1))
    throw inputFault(layer, input.spatial, "one not smaller than the kernel");
  const attributes: Attributes = {
    kernel_shape: ints(windows.map((window) => window.kernel)),
    strides: ints(windows.map(({ stride }) => stride)),
    dilations: ints(windows.map(({ dilation }) => dilation)),
    group: int(group),
    ...padAttributes(layer, input, windows, padding),
  };
  const inputs = [input.value, graph.weight(kernel), ...(bias === undefined ? [] : [graph.weight(bias)])];
  const value = graph.apply("Conv", inputs, attributes);
  return { value, batch: input.batch, channels: kernel.shape[0]!, spatial };
}

/** Pads as numbers; where a size is open, ONNX' own rule, which is the same. */
export function padAttributes(
  layer: LayerConfig,
  { spatial }: Channelled,
  windows: readonly Window[],
  padding: Padding,
): Attributes {
  const pads = spatial.map((size, at) => padsOf(size, windows[at]!, padding));
  if (pads.every((pad) => pad !== undefined))
    return { pads: ints([...pads.map(([before]) => before), ...pads.map(([, behind]) => behind)]) };
  if (windows.some(({ dilation }) => dilation !== 1))
    throw unsupportedHere(layer, "it has strides and dilations over a size that is open");
  return { auto_pad: "SAME_UPPER" };
}

const convolutions: LayerKind = {
  classes: ["Conv1D", "Conv2D", "Conv3D", "Convolution1D", "Convolution2D", "Convolution3D"],
  mask: "ends",
  prepare(layer, weights) {
    const convolution = convolutionOf(layer);
    const filters = layer.integer("filters");
    const groups = layer.integer("groups", 1);
    const { kernels, bias } = biasOf(layer, weights, ["kernel"]);
    const kernel = kernels[0]!;
    checkWeight(layer, "kernel", kernel, [...convolution.sizes, null, filters]);
    if (bias !== undefined) checkWeight(layer, "bias", bias, [filters]);
    const { rank } = convolution;
    const turned = permute(kernel, channelsBefore(rank));
    return (graph, [x]) => {
      const channels = kernel.shape[rank]! * groups;
      const input = inputOf(graph, layer, x!, convolution, channels);
      if (filters % groups !== 0) throw inputFault(layer, x!.shape, `one of ${channels} channels`);
      return outputOf(
        graph,
        convolution,
        convolve(graph, layer, input, convolution, { kernel: turned, bias, group: groups }),
      );
    };
  },
};

/** `[..., in, multiplier]` to `[in x multiplier, 1, ...]`. */
function depthwiseKernel(kernel: Float32Weight, rank: number): Float32Weight {
  const turned = permute(kernel, [rank, rank + 1, ...range(0, rank)]);
  const [channels, multiplier, ...sizes] = turned.shape;
  return { data: turned.data, shape: [channels! * multiplier!, 1, ...sizes] };
}

const depthwise: LayerKind = {
  classes: ["DepthwiseConv1D", "DepthwiseConv2D"],
  mask: "ends",
  prepare(layer, weights) {
    const convolution = convolutionOf(layer);
    const { rank } = convolution;
    const { kernels, bias } = biasOf(layer, weights, ["kernel|depthwise_kernel"]);
    const multiplier = layer.integer("depth_multiplier", 1);
    checkWeight(layer, "kernel", kernels[0]!, [...convolution.sizes, null, multiplier]);
    const channels = kernels[0]!.shape[rank]!;
    if (bias !== undefined) checkWeight(layer, "bias", bias, [channels * multiplier]);
    const kernel = depthwiseKernel(kernels[0]!, rank);
    return (graph, [x]) => {
      const input = inputOf(graph, layer, x!, convolution, channels);
      return outputOf(
        graph,
        convolution,
        convolve(graph, layer, input, convolution, { kernel, bias, group: channels }),
      );
    };
  },
};

const separable: LayerKind = {
  classes: ["SeparableConv1D", "SeparableConv2D", "SeparableConvolution1D", "SeparableConvolution2D"],
  mask: "ends",
  prepare(layer, weights) {
    const convolution = convolutionOf(layer);
    const { rank } = convolution;
    const filters = layer.integer("filters");
    const multiplier = layer.integer("depth_multiplier", 1);
    const { kernels, bias } = biasOf(layer, weights, ["depthwise_kernel", "pointwise_kernel"]);
    const [deep, point] = kernels as [Float32Weight, Float32Weight];
    checkWeight(layer, "depthwise_kernel", deep, [...convolution.sizes, null, multiplier]);
    const channels = deep.shape[rank]!;
    checkWeight(layer, "pointwise_kernel", point, [...convolution.sizes.map(() => 1), channels * multiplier, filters]);
    if (bias !== undefined) checkWeight(layer, "bias", bias, [filters]);
    const deepKernel = depthwiseKernel(deep, rank);
    const pointKernel = permute(point, channelsBefore(rank));
    const single = convolution.windows.map((): Window => ({ kernel: 1, stride: 1, dilation: 1 }));
    return (graph, [x]) => {
      const input = inputOf(graph, layer, x!, convolution, channels);
      const middle = convolve(graph, layer, input, convolution, { kernel: deepKernel, group: channels });
      const pointwise = { windows: single, padding: "valid" } as const;
      return outputOf(graph, convolution, convolve(graph, layer, middle, pointwise, { kernel: pointKernel, bias }));
    };
  },
};

/** One axis of a transposed convolution: the size it gives, and how ONNX is told of it. */
function transposedAxis(size: number | null, window: Window, padding: Padding, given: number | undefined) {
  const { stride } = window;
  const reach = (window.kernel - 1) * window.dilation + 1;
  const full = (input: number) => (input - 1) * stride + reach;
  // What Keras gives for an input of 1 tells everything: each further element adds one stride.
  const wanted = (input: number) => {
    if (given === undefined) return padding === "same" ? input * stride : input * stride + Math.max(reach - stride, 0);
    const pad = padding === "same" ? Math.floor(reach / 2) : 0;
    return full(input) - 2 * pad + given;
  };
  const input = size ?? Math.ceil(reach / stride) + 1;
  const missing = full(input) - wanted(input);
  // The gradient of a convolution with padding "same" leaves out half before, the odd element behind.
  const total = padding === "same" ? Math.max((input - 1) * stride + reach - wanted(input), 0) : 0;
  const before = Math.floor(total / 2);
  const behind = missing - before;
  return {
    size: size === null ? null : wanted(size),
    pads: [before, Math.max(behind, 0)] as const,
    extra: Math.max(-behind, 0),
  };
}

const transposed: LayerKind = {
  classes: [
    "Conv1DTranspose",
    "Conv2DTranspose",
    "Conv3DTranspose",
    "Convolution2DTranspose",
    "Convolution3DTranspose",
  ],
  mask: "ends",
  prepare(layer, weights) {
    const convolution = convolutionOf(layer);
    const { rank, sizes, windows, padding } = convolution;
    const filters = layer.integer("filters");
    const given = layer.get("output_padding") === null ? undefined : layer.get("output_padding");
    const extras = given === undefined ? undefined : layer.sizes("output_padding", rank, undefined, 0);
    const { kernels, bias } = biasOf(layer, weights, ["kernel"]);
    const kernel = kernels[0]!;
    checkWeight(layer, "kernel", kernel, [...sizes, filters, null]);
    if (bias !== undefined) checkWeight(layer, "bias", bias, [filters]);
    const channels = kernel.shape[rank + 1]!;
    const turned = permute(kernel, channelsBefore(rank));
    return (graph, [x]) => {
      const input = inputOf(graph, layer, x!, convolution, channels);
      const axes = windows.map((window, at) => transposedAxis(input.spatial[at]!, window, padding, extras?.[at]));
      const value = graph.apply(
        "ConvTranspose",
        [input.value, graph.weight(turned), ...(bias === undefined ? [] : [graph.weight(bias)])],
        {
          kernel_shape: ints(sizes),
          strides: ints(windows.map(({ stride }) => stride)),
          dilations: ints(windows.map(({ dilation }) => dilation)),
          output_padding: ints(axes.map(({ extra }) => extra)),
          pads: ints([...axes.map(({ pads }) => pads[0]), ...axes.map(({ pads }) => pads[1])]),
        },
      );
      const spatial = axes.map(({ size }) => size);
      return outputOf(graph, convolution, { value, batch: input.batch, channels: filters, spatial });
    };
  },
};

export const convolutionKinds: readonly LayerKind[] = [convolutions, depthwise, separable, transposed];
