import { type Attributes, ints } from "@modelkeep/onnx";

import type { Drawing } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import type { Size } from "../graph/sizes.js";

/** How a window moves over the sizes of an image. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

export function windowOf(d: Drawing, kernel: readonly number[], defaults: readonly number[]): Window {
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

export const reach = ({ kernel, dilations }: Window, axis: number) => (kernel[axis]! - 1) * dilations[axis]! + 1;

/** TensorFlow's padding as pads where the sizes are known, and what becomes of the sizes. */
export function paddingOf(d: Drawing, sizes: readonly Size[], window: Window): Padding {
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
export function bothSides(totals: readonly number[]): number[] {
  const before = totals.map((total) => Math.floor(total / 2));
  return [...before, ...totals.map((total, axis) => total - before[axis]!)];
}

export function checkLayout(d: Drawing, x: Drawn, rank: number): void {
  const format = d.attributeText("data_format");
  if (format !== "" && format !== "NHWC" && format !== "NDHWC")
    throw d.refuse(`has its channels in the order ${format}`);
  if (d.rankOf(x) !== rank) throw d.malformed(`has an image of ${d.rankOf(x)} dimensions`);
  d.onlyFloat32(d.inputs.indexOf(x));
}

export const ones = (rank: number) => Array.from({ length: rank }, () => 1);

export function moving({ kernel, strides, dilations }: Window): Attributes {
  return { kernel_shape: ints(kernel), strides: ints(strides), dilations: ints(dilations) };
}
