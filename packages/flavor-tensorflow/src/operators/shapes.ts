import { type DType, Tensor } from "@modelkeep/core";
import type { Value } from "@modelkeep/onnx";

import { type Drawing, once, toFirst } from "../graph/drawing.js";
import type { Drawn, Element } from "../graph/drawn.js";
import { product, remaining, type Shape, type Size } from "../graph/sizes.js";
import { liesFirst } from "./elementwise.js";
import type { Handlers } from "./handler.js";

function sizeOf(element: Element): Size {
  return typeof element === "number" ? element : element.size;
}

/** Turns elements into sizes: those that stand for what is left are worked out. */
export function shapeOf(elements: readonly Element[]): Shape {
  return elements.map(sizeOf);
}

export function reshape(d: Drawing, x: Drawn, target: readonly Element[]): Drawn {
  const holes = target.filter((each) => each === -1);
  if (holes.length > 1) throw d.malformed("has more than one size that is left to be worked out");
  const others = shapeOf(target.filter((each) => each !== -1));
  const left = holes.length === 0 || x.shape === undefined ? null : remaining(x.shape, others);
  const shape = target.map((each) => (each === -1 ? left : sizeOf(each)));
  const [all, wanted] = [x.shape && product(x.shape), product(shape)];
  if (all !== undefined && wanted !== undefined && all !== wanted)
    throw d.malformed(`makes ${JSON.stringify(shape)} of ${JSON.stringify(x.shape)}`);
  if (x.tensor !== undefined && shape.every((size) => typeof size === "number"))
    return d.constant(new Tensor(x.dtype, shape, x.tensor.data));
  const own = d.elements(x);
  if (
    x.elements !== undefined &&
    own !== undefined &&
    shape.length <= 1 &&
    shape.every((size) => typeof size === "number")
  )
    return d.sizes(own, shape.length as 0 | 1, x.dtype);
  const unknown = target.filter((each) => typeof each !== "number");
  // One size may be left for the runtime to work out, unless another may be zero.
  if (unknown.length + holes.length <= 1 && !target.includes(0)) {
    const numbers = target.map((each) => (typeof each === "number" ? each : -1));
    return d.result(d.graph.reshape(d.draw(x), numbers), shape, x.dtype);
  }
  return d.result(d.apply("Reshape", [d.draw(x), d.sizeList(target)]), shape, x.dtype);
}

export function requiredElements(d: Drawing, index: number): readonly Element[] {
  const found = d.elements(d.input(index));
  if (found === undefined) throw d.refuse("has a shape of unknown length");
  return found;
}

function transpose(d: Drawing, x: Drawn, order: readonly number[]): Drawn {
  const shape = order.map((axis) => d.shapeOf(x)[axis]!);
  if (new Set(order).size !== d.rankOf(x) || order.length !== d.rankOf(x))
    throw d.malformed("has an order that is none");
  if (order.every((axis, index) => axis === index)) return x;
  if (liesFirst(x)) {
    const first = toFirst(order.length);
    const composed = order.map((axis) => first.indexOf(axis));
    if (composed.every((axis, index) => axis === index)) return d.result(x.channelsFirst!, shape, x.dtype);
    return d.result(d.graph.transpose(x.channelsFirst!, composed), shape, x.dtype);
  }
  return d.result(d.graph.transpose(d.draw(x), order), shape, x.dtype);
}

function squeeze(d: Drawing, x: Drawn, axes: readonly number[]): Drawn {
  const shape = d.shapeOf(x);
  const chosen =
    axes.length > 0
      ? axes.map((axis) => d.axis(axis, shape.length))
      : shape.flatMap((size, axis) => (size === 1 ? [axis] : []));
  if (axes.length === 0 && shape.some((size) => typeof size !== "number"))
    throw d.refuse("drops all dimensions of size 1 of a shape that is only known when it runs");
  const rest = shape.filter((_, axis) => !chosen.includes(axis));
  if (chosen.length === 0) return x;
  if (x.elements !== undefined) return d.sizes(x.elements, rest.length as 0 | 1, x.dtype);
  if (x.tensor !== undefined && rest.every((size) => typeof size === "number"))
    return d.constant(new Tensor(x.dtype, rest, x.tensor.data));
  return d.result(d.graph.squeeze(d.draw(x), chosen), rest, x.dtype);
}

export function expand(d: Drawing, x: Drawn, axes: readonly number[]): Drawn {
  const shape: Size[] = [...d.shapeOf(x)];
  for (const axis of axes.toSorted((a, b) => a - b)) shape.splice(axis, 0, 1);
  if (x.elements !== undefined && shape.length === 1) return d.sizes(x.elements, 1, x.dtype);
  if (x.tensor !== undefined) return d.constant(new Tensor(x.dtype, shape as number[], x.tensor.data));
  return d.result(d.graph.unsqueeze(d.draw(x), axes), shape, x.dtype);
}

function cast(d: Drawing): Drawn {
  const x = d.input(0);
  const dtype = d.attributeType("DstT");
  if (dtype === x.dtype) return x;
  const isSize = (each: DType) => each === "int32" || each === "int64";
  const elements = d.elements(x);
  if (
    isSize(dtype) &&
    isSize(x.dtype) &&
    (x.elements ?? x.tensor) !== undefined &&
    elements !== undefined &&
    x.shape!.length <= 1
  )
    return d.sizes(elements, x.shape!.length as 0 | 1, dtype);
  if (x.dtype === "string" || dtype === "string") throw d.refuse(`turns ${x.dtype} into ${dtype}`);
  if (liesFirst(x)) return d.resultFirst(d.graph.cast(x.channelsFirst!, dtype), x.shape!, dtype);
  return d.result(d.graph.cast(d.draw(x), dtype), x.shape, dtype);
}

function countElements(d: Drawing): Drawn {
  const x = d.input(0);
  const sizes = d.sizesOf(x);
  const dtype = d.attributeType("out_type", "int32");
  return d.sizes([multiplied(d, sizes)], 0, dtype);
}

/** The elements multiplied with each other. */
export function multiplied(d: Drawing, elements: readonly Element[]): Element {
  const known = elements.reduce<number>((sum, each) => (typeof each === "number" ? sum * each : sum), 1);
  const computed = elements.filter((each) => typeof each !== "number");
  if (computed.length === 0) return known;
  if (computed.length === 1 && known === 1) return computed[0]!;
  return {
    size: null,
    draw: once(() => {
      const factors: Value[] = computed.map((each) => each.draw());
      if (known !== 1) factors.push(d.graph.int64([known]));
      return factors.reduce((a, b) => d.graph.mul(a, b));
    }),
  };
}

export const shapes: Handlers = {
  Shape: (d) => d.sizes(d.sizesOf(d.input(0)), 1, d.attributeType("out_type", "int32")),
  ShapeN: (d) => d.inputs.map((each) => d.sizes(d.sizesOf(each), 1, d.attributeType("out_type", "int32"))),
  Rank: (d) => d.sizes([d.rankOf(d.input(0))], 0, "int32"),
  Size: countElements,
  Reshape: (d) => reshape(d, d.input(0), requiredElements(d, 1)),
  Transpose: (d) =>
    transpose(
      d,
      d.input(0),
      d.integers(1, "an order").map((axis) => d.axis(axis, d.rankOf(d.input(0)))),
    ),
  Squeeze: (d) => squeeze(d, d.input(0), d.attributeIntegers("squeeze_dims")),
  ExpandDims: (d) => expand(d, d.input(0), [d.axis(d.integer(1, "a place"), d.rankOf(d.input(0)) + 1)]),
  BroadcastTo: (d) => {
    const elements = requiredElements(d, 1);
    return d.result(d.graph.expand(d.value(0), d.sizeList(elements)), shapeOf(elements));
  },
  Tile: (d) => {
    const x = d.input(0);
    const times = requiredElements(d, 1);
    const shape = d.shapeOf(x).map((size, axis) => {
      const factor = times[axis];
      if (factor === 1) return size;
      return typeof size === "number" && typeof factor === "number"
        ? size * factor
        : size === 1 && factor !== undefined
          ? sizeOf(factor)
          : null;
    });
    return d.result(d.graph.tile(d.draw(x), d.sizeList(times)), shape);
  },
  Cast: cast,
};
