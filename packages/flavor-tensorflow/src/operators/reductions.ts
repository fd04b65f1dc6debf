import type { DType } from "@modelkeep/core";
import { int, type Value } from "@modelkeep/onnx";

import { type Drawing, integers, toFirst } from "../graph/drawing.js";
import type { Drawn, Element } from "../graph/drawn.js";
import { liesFirst } from "./elementwise.js";
import type { Handler, Handlers } from "./handler.js";
import { multiplied } from "./shapes.js";

function reduction(type: string): Handler {
  return (d) => reduced(d, type, d.input(0));
}

function reduced(d: Drawing, type: string, x: Drawn): Drawn {
  const rank = d.rankOf(x);
  const axes = d.integers(1, "axes").map((axis) => d.axis(axis, rank));
  const keep = d.attributeBoolean("keep_dims");
  const shape = d.shapeOf(x).flatMap((size, axis) => (!axes.includes(axis) ? [size] : keep ? [1] : []));
  if (axes.length === 0) return x;
  const draw = (value: Value, places: readonly number[]) =>
    d.apply(type, [value, d.graph.int64(places)], { keepdims: int(keep) });
  if (liesFirst(x)) {
    const order = toFirst(rank);
    const places = axes.map((axis) => order.indexOf(axis));
    const left = order.filter((axis) => !axes.includes(axis));
    if (keep) return d.resultFirst(draw(x.channelsFirst!, places), shape, x.dtype);
    // What is left lies in TensorFlow's order.
    if (left.every((axis, index) => index === 0 || left[index - 1]! < axis))
      return d.result(draw(x.channelsFirst!, places), shape, x.dtype);
  }
  return d.result(draw(d.draw(x), axes), shape, x.dtype);
}

/** Whether any or all are true, by way of integers: ONNX reduces numbers. */
function logical(type: "ReduceMax" | "ReduceMin"): Handler {
  return (d) => {
    const x = d.input(0);
    const numbers = reduced(d, type, d.result(d.graph.cast(d.draw(x), "int32"), x.shape, "int32"));
    return d.result(d.graph.cast(d.draw(numbers), "bool"), numbers.shape, "bool");
  };
}

/** Of sizes it is worked out here. */
function prod(d: Drawing): Drawn {
  const x = d.input(0);
  const elements = (x.tensor ?? x.elements) !== undefined && x.shape?.length === 1 ? d.elements(x) : undefined;
  const axes = d.elements(d.input(1));
  if (elements !== undefined && axes?.length === 1)
    return d.sizes([multiplied(d, elements)], d.attributeBoolean("keep_dims") ? 1 : 0, x.dtype);
  return reduced(d, "ReduceProd", x);
}

/** The largest or smallest of sizes, where all are known. */
function extreme(type: string, choose: (...values: number[]) => number): Handler {
  return (d) => {
    const x = d.input(0);
    const elements: readonly Element[] | undefined =
      (x.tensor ?? x.elements) !== undefined && x.shape?.length === 1 ? d.elements(x) : undefined;
    if (elements?.every((each) => typeof each === "number") === true && elements.length > 0)
      return d.sizes([choose(...elements)], d.attributeBoolean("keep_dims") ? 1 : 0, x.dtype);
    return reduced(d, type, x);
  };
}

function argument(type: "ArgMax" | "ArgMin"): Handler {
  return (d) => {
    const x = d.input(0);
    const axis = d.axis(d.integer(1, "an axis"), d.rankOf(x));
    const found = d.apply(type, [d.draw(x)], { axis: int(axis), keepdims: int(false) });
    const dtype = d.attributeType("output_type", "int64");
    return d.result(dtype === "int64" ? found : d.graph.cast(found, dtype), d.shapeOf(x).toSpliced(axis, 1), dtype);
  };
}

function topK(d: Drawing): readonly Drawn[] {
  const x = d.input(0);
  const [count] = d.elements(d.input(1)) ?? [];
  if (count === undefined) throw d.refuse("takes an unknown number");
  const attributes = { axis: int(-1), largest: int(true), sorted: int(true) };
  const [values, places] = d.graph.op("", "TopK", [d.draw(x), d.sizeList([count])], attributes, { outputs: 2 });
  const shape = [...d.shapeOf(x).slice(0, -1), typeof count === "number" ? count : count.size];
  const dtype = d.attributeType("index_type", "int32");
  return [d.result(values!, shape), d.result(dtype === "int64" ? places! : d.graph.cast(places!, dtype), shape, dtype)];
}

function cumulative(d: Drawing): Drawn {
  const x = d.input(0);
  const axis = d.axis(d.integer(1, "an axis"), d.rankOf(x));
  const attributes = { exclusive: int(d.attributeBoolean("exclusive")), reverse: int(d.attributeBoolean("reverse")) };
  return d.result(d.apply("CumSum", [d.draw(x), d.graph.int64(axis)], attributes), x.shape);
}

/** Along the last axis. */
function lastAxis(type: "Softmax" | "LogSoftmax"): Handler {
  return (d) => d.result(d.apply(type, [d.value(0)], { axis: int(-1) }), d.input(0).shape);
}

/** How often each number below `size` stands in a row; or whether it does. */
function bincount(d: Drawing): Drawn {
  const [x, size, weights] = [d.input(0), d.elements(d.input(1))?.[0], d.input(2)];
  if (typeof size !== "number") throw d.refuse("counts numbers up to one that is only known when it runs");
  if (weights.shape?.[0] !== 0) throw d.refuse("counts with weights");
  const rank = d.rankOf(x);
  const dtype: DType = d.attributeType("T", "int32");
  const g = d.graph;
  const all = g.cast(
    g.equal(
      g.unsqueeze(d.draw(x), [rank]),
      g.constant(
        integers(
          Array.from({ length: size }, (_, index) => index),
          [size],
          x.dtype,
        ),
      ),
    ),
    "float32",
  );
  const binary = d.attributeBoolean("binary_output");
  const counted = binary ? g.reduceMax(all, [rank - 1]) : g.reduceSum(all, [rank - 1]);
  return d.result(dtype === "float32" ? counted : g.cast(counted, dtype), [...d.shapeOf(x).slice(0, -1), size], dtype);
}

export const reductions: Handlers = {
  Sum: reduction("ReduceSum"),
  Mean: reduction("ReduceMean"),
  Max: extreme("ReduceMax", Math.max),
  Min: extreme("ReduceMin", Math.min),
  Prod: prod,
  Any: logical("ReduceMax"),
  All: logical("ReduceMin"),
  ArgMax: argument("ArgMax"),
  ArgMin: argument("ArgMin"),
  TopKV2: topK,
  Cumsum: cumulative,
  Softmax: lastAxis("Softmax"),
  LogSoftmax: lastAxis("LogSoftmax"),
  DenseBincount: bincount,
};
