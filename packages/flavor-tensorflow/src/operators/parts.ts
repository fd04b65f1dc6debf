import { int } from "@modelkeep/onnx";

import { type Drawing, toFirst } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import { liesFirst } from "./elementwise.js";
import type { Handlers } from "./handler.js";

function splitInto(d: Drawing, x: Drawn, axis: number, sizes: readonly number[]): Drawn[] {
  const attributes = { axis: int(axis) };
  const values = d.graph.op("", "Split", [d.draw(x), d.graph.int64(sizes)], attributes, { outputs: sizes.length });
  return values.map((value, index) => d.result(value, d.shapeOf(x).with(axis, sizes[index]!), x.dtype));
}

function split(d: Drawing): Drawn[] {
  const x = d.input(1);
  const axis = d.axis(d.integer(0, "an axis"), d.rankOf(x));
  const count = partsOf(d, "num_split");
  const size = d.shapeOf(x)[axis];
  if (typeof size !== "number") throw d.refuse("splits a dimension whose size is only known when it runs");
  if (size % count !== 0) throw d.malformed(`splits ${size} into ${count} equal parts`);
  return splitInto(
    d,
    x,
    axis,
    Array.from({ length: count }, () => size / count),
  );
}

function splitByList(d: Drawing): Drawn[] {
  const x = d.input(0);
  const axis = d.axis(d.integer(2, "an axis"), d.rankOf(x));
  const sizes = [...d.integers(1, "sizes")];
  const whole = d.shapeOf(x)[axis];
  const hole = sizes.indexOf(-1);
  if (hole >= 0) {
    if (typeof whole !== "number") throw d.refuse("splits a dimension whose size is only known when it runs");
    sizes[hole] = whole - sizes.reduce((sum, size) => sum + size, 1);
  }
  return splitInto(d, x, axis, sizes);
}

function unpack(d: Drawing): readonly Drawn[] {
  const x = d.input(0);
  const axis = d.axis(d.attributeInteger("axis"), d.rankOf(x));
  const count = partsOf(d, "num");
  const elements = d.rankOf(x) === 1 && (x.tensor ?? x.elements) !== undefined ? d.elements(x) : undefined;
  if (elements !== undefined && elements.length === count) return elements.map((each) => d.sizes([each], 0, x.dtype));
  const shape = d.shapeOf(x).toSpliced(axis, 1);
  return Array.from({ length: count }, (_, index) =>
    d.result(d.graph.gather(d.draw(x), d.graph.int64(index), axis), shape, x.dtype),
  );
}

function partsOf(d: Drawing, name: string): number {
  const count = d.attributeInteger(name);
  if (count < 1 || count > 65_536) throw d.malformed(`makes ${count} parts`);
  return count;
}

function pack(d: Drawing): Drawn {
  const { inputs } = d;
  const lists = inputs.map((each) => (each.shape?.length === 0 ? d.elements(each) : undefined));
  const { dtype, shape } = d.input(0);
  if (lists.every((each) => each !== undefined) && inputs.some(({ tensor, elements }) => tensor ?? elements))
    return d.sizes(lists.flat(), 1, dtype);
  const rank = d.rankOf(d.input(0)) + 1;
  const axis = d.axis(d.attributeInteger("axis"), rank);
  const parts = inputs.map((each) => d.graph.unsqueeze(d.draw(each), [axis]));
  return d.result(
    parts.length === 1 ? parts[0]! : d.graph.concat(parts, axis),
    (shape ?? []).toSpliced(axis, 0, inputs.length),
  );
}

function concat(d: Drawing): Drawn {
  const last = d.inputs.length - 1;
  const parts = d.inputs.slice(0, last);
  const rank = d.rankOf(d.input(0));
  const axis = d.axis(d.integer(last, "an axis"), rank);
  const { dtype } = d.input(0);
  const lists = parts.map((each) =>
    rank === 1 && (each.tensor ?? each.elements) !== undefined ? d.elements(each) : undefined,
  );
  if (lists.every((each) => each !== undefined)) return d.sizes(lists.flat(), 1, dtype);
  const shapes = parts.map((each) => d.shapeOf(each));
  const sizes = shapes.map((shape) => shape[axis] ?? null);
  const total = sizes.every((size): size is number => typeof size === "number")
    ? sizes.reduce((sum, size) => sum + size, 0)
    : null;
  const shape = shapes[0]!.map((size, index) =>
    index === axis ? total : (shapes.find((each) => typeof each[index] === "number")?.[index] ?? size),
  );
  if (parts.length === 1) return parts[0]!;
  if (parts.every(liesFirst)) {
    const values = parts.map(({ channelsFirst }) => channelsFirst!);
    return d.resultFirst(d.graph.concat(values, toFirst(rank).indexOf(axis)), shape, dtype);
  }
  return d.result(
    d.graph.concat(
      parts.map((each) => d.draw(each)),
      axis,
    ),
    shape,
    dtype,
  );
}

/** What takes a tensor apart along an axis, and what puts parts together. */
export const parts: Handlers = {
  Split: split,
  SplitV: splitByList,
  Unpack: unpack,
  Pack: pack,
  ConcatV2: concat,
};
