import type { DType, Tensor } from "@modelkeep/core";
import { int, type LabelList, type Value } from "@modelkeep/onnx";

import { type Drawing, integers } from "../graph/drawing.js";
import type { Drawn } from "../graph/drawn.js";
import { broadcast } from "../graph/sizes.js";
import type { Handlers } from "./handler.js";

function gather(d: Drawing): Drawn {
  const [x, places] = [d.input(0), d.input(1)];
  const rank = d.rankOf(x);
  const batch = d.attributeInteger("batch_dims");
  const axis = d.inputs.length > 2 ? d.axis(d.integer(2, "an axis"), rank) : 0;
  const own = (x.tensor ?? x.elements) !== undefined && rank === 1 && batch === 0 ? d.elements(x) : undefined;
  const chosen = places.tensor === undefined || d.rankOf(places) > 1 ? undefined : d.elements(places);
  if (own !== undefined && chosen?.every((each) => typeof each === "number")) {
    const taken = chosen.map((index) => own[index]);
    if (taken.every((each) => each !== undefined)) return d.sizes(taken, d.rankOf(places) as 0 | 1, x.dtype);
    throw d.malformed("reads beyond the end of a list");
  }
  const shape = [...d.shapeOf(x).slice(0, axis), ...d.shapeOf(places).slice(batch), ...d.shapeOf(x).slice(axis + 1)];
  if (batch === 0) return d.result(d.graph.gather(d.draw(x), d.draw(places), axis), shape, x.dtype);
  if (axis !== batch) throw d.refuse(`gathers along the axis ${axis} within ${batch} dimensions of batches`);
  return d.result(gatherPoints(d, x, d.graph.unsqueeze(wide(d, places), [d.rankOf(places)]), batch), shape, x.dtype);
}

const gatherPoints = (d: Drawing, x: Drawn, places: Value, batch: number) =>
  d.apply("GatherND", [d.draw(x), places], { batch_dims: int(batch) });

/** As int64. */
function wide(d: Drawing, x: Drawn): Value {
  return x.dtype === "int64" ? d.draw(x) : d.graph.cast(d.draw(x), "int64");
}

function gatherND(d: Drawing): Drawn {
  const [x, places] = [d.input(0), d.input(1)];
  const batch = d.attributeInteger("batch_dims");
  const depth = d.shapeOf(places).at(-1);
  if (typeof depth !== "number") throw d.refuse("has places of unknown length");
  const shape = [...d.shapeOf(places).slice(0, -1), ...d.shapeOf(x).slice(batch + depth)];
  return d.result(gatherPoints(d, x, wide(d, places), batch), shape, x.dtype);
}

function oneHot(d: Drawing): Drawn {
  const [x, on, off] = [d.input(0), d.input(2), d.input(3)];
  const [depth] = d.elements(d.input(1)) ?? [];
  if (typeof depth !== "number") throw d.refuse("has a depth that is only known when it runs");
  if (depth < 0 || depth > 1 << 24) throw d.malformed(`has a depth of ${depth}`);
  const rank = d.rankOf(x) + 1;
  const axis = d.axis(d.attributeInteger("axis", -1), rank);
  const places = Array.from({ length: rank }, (_, index) => (index === axis ? depth : 1));
  const all = integers(
    Array.from({ length: depth }, (_, index) => index),
    places,
    x.dtype === "uint8" ? "int32" : x.dtype,
  );
  const input = x.dtype === "uint8" ? d.graph.cast(d.draw(x), "int32") : d.draw(x);
  const equal = d.graph.equal(d.graph.unsqueeze(input, [axis]), d.graph.constant(all));
  return choose(d, d.result(equal, d.shapeOf(x).toSpliced(axis, 0, depth), "bool"), on, off);
}

/** Where the condition holds the one, elsewhere the other. ONNX Runtime chooses no booleans. */
function choose(d: Drawing, condition: Drawn, a: Drawn, b: Drawn): Drawn {
  const shape = broadcast(broadcast(condition.shape, a.shape), b.shape);
  if (a.dtype !== "bool") return d.result(d.graph.where(d.draw(condition), d.draw(a), d.draw(b)), shape, a.dtype);
  const numbers = [a, b].map((each) => d.graph.cast(d.draw(each), "uint8")) as [Value, Value];
  return d.result(d.graph.cast(d.graph.where(d.draw(condition), ...numbers), "bool"), shape, "bool");
}

/** The older form chooses rows by a list of conditions. */
function select(d: Drawing): Drawn {
  const [condition, a] = [d.input(0), d.input(1)];
  const missing = d.rankOf(a) - d.rankOf(condition);
  if (d.rankOf(condition) !== 1 || missing <= 0) return choose(d, condition, a, d.input(2));
  const axes = Array.from({ length: missing }, (_, index) => index + 1);
  const rows = d.result(
    d.graph.unsqueeze(d.draw(condition), axes),
    [...condition.shape!, ...axes.map(() => 1)],
    "bool",
  );
  return choose(d, rows, a, d.input(2));
}

/** How many boundaries a number has reached; one that is no number is beyond them all. */
function bucketize(d: Drawing): Drawn {
  const x = d.input(0);
  const boundaries = d.node.attributes.get("boundaries")?.floats ?? [];
  const dtype: DType = x.dtype === "float64" ? "float64" : "float32";
  const input = x.dtype === dtype ? d.draw(x) : d.graph.cast(d.draw(x), dtype);
  const limits = dtype === "float64" ? d.graph.float64(boundaries) : d.graph.float32(boundaries);
  const reached = d.graph.not(d.graph.less(d.graph.unsqueeze(input, [d.rankOf(x)]), limits));
  return d.result(d.graph.reduceSum(d.graph.cast(reached, "int32"), [d.rankOf(x)]), x.shape, "int32");
}

/** A list for the label encoder, which knows neither int32 nor booleans. */
function labelList(d: Drawing, tensor: Tensor): LabelList {
  const { dtype, data } = tensor;
  if (dtype === "string") return { type: "string", list: data as readonly string[] };
  if (dtype === "int64") return { type: "int64", list: [...(data as BigInt64Array)] };
  if (dtype === "int32") return { type: "int64", list: Array.from(data as Int32Array, Number) };
  if (dtype === "float32") return { type: "float32", list: [...(data as Float32Array)] };
  throw d.refuse(`looks up ${dtype}`);
}

const pairs = new Set([
  "string int64",
  "int64 string",
  "int64 int64",
  "string string",
  "string float32",
  "int64 float32",
  "float32 float32",
  "float32 string",
  "float32 int64",
]);

function lookUp(d: Drawing): Drawn {
  const [table, x, fallback] = [d.input(0).table, d.input(1), d.input(2)];
  if (table === undefined) throw d.refuse("looks up in something that is no table");
  const { tensor } = fallback;
  if (tensor?.size !== 1) throw d.refuse("has a default that is not known");
  const [keys, values, [none]] = [labelList(d, table.keys), labelList(d, table.values), labelList(d, tensor).list];
  if (keys.list.length !== values.list.length)
    throw d.malformed("looks up in a table of which not every key has a value");
  if (keys.list.length === 0) throw d.refuse("looks up in an empty table");
  if (!pairs.has(`${keys.type} ${values.type}`)) throw d.refuse(`leads from ${keys.type} to ${values.type}`);
  const input = x.dtype === "int32" ? d.graph.cast(d.draw(x), "int64") : d.draw(x);
  const found = d.graph.labelEncoder(input, keys, values, none!);
  const { dtype } = table.values;
  return d.result(dtype === "int32" ? d.graph.cast(found, "int32") : found, x.shape, dtype);
}

/** Bits of a float32 stay what they are: only their sign is asked for. */
function bits(d: Drawing): Drawn {
  const x = d.input(0);
  if (x.dtype !== "float32" || d.attributeType("type") !== "int32") throw d.refuse(`takes the bits of ${x.dtype}`);
  return { dtype: "int32", shape: x.shape, bitsOf: x };
}

/** How Keras tells -0 from 0. */
function signBit(d: Drawing): Drawn {
  const x = d.input(0).bitsOf;
  const mask = d.input(1).tensor;
  const lowest = -2_147_483_648;
  if (x === undefined || mask?.size !== 1 || Number(mask.data[0]) !== lowest)
    throw d.refuse("is of other bits than the sign of a float32");
  const g = d.graph;
  const value = d.draw(x);
  const negative = g.or(g.less(value, g.float32(0)), g.equal(g.reciprocal(value), g.float32(-Infinity)));
  const numbers = [lowest, 0].map((each) => g.constant(integers([each], [], "int32"))) as [Value, Value];
  return d.result(g.where(negative, ...numbers), x.shape, "int32");
}

export const lookups: Handlers = {
  Gather: gather,
  GatherV2: gather,
  ResourceGather: gather,
  GatherNd: gatherND,
  ResourceGatherNd: gatherND,
  OneHot: oneHot,
  Select: select,
  SelectV2: (d) => choose(d, d.input(0), d.input(1), d.input(2)),
  Bucketize: bucketize,
  LookupTableFindV2: lookUp,
  LookupTableSizeV2: (d) => {
    const size = d.input(0).table?.keys.size;
    if (size === undefined) throw d.refuse("asks for the size of something that is no table");
    return d.sizes([size], 0, "int64");
  },
  Bitcast: bits,
  BitwiseAnd: signBit,
  ReadVariableOp: (d) => d.input(0),
};
