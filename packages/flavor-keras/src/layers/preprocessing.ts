import type { Json } from "@modelkeep/core";
import type { Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import { axisWithin, inputFault } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

/** A number, or a list for the last axes of the input, however deep. */
function numbersOf(layer: LayerConfig, key: string, fallback: number): readonly number[] {
  const read = (value: Json): readonly number[] => {
    if (Array.isArray(value)) return value.flatMap(read);
    if (typeof value !== "number") throw layer.fault(key, "numbers");
    return [value];
  };
  return read(layer.get(key) ?? fallback);
}

const rescaling: LayerKind = {
  classes: ["Rescaling"],
  prepare(layer) {
    const [scale, offset] = [numbersOf(layer, "scale", 1), numbersOf(layer, "offset", 0)];
    return (graph, [x]) => {
      const spread = (values: readonly number[]) => {
        if (values.length === 1) return graph.float32(values[0]!);
        if (x!.shape.at(-1) !== values.length)
          throw inputFault(layer, x!.shape, `one of ${values.length} at the last axis`);
        const shape = x!.shape.map(() => 1);
        shape[graph.axisOf(x!, -1)] = values.length;
        return graph.float32(values, shape);
      };
      return graph.map(x!, (value) => graph.add(graph.mul(value, spread(scale)), spread(offset)));
    };
  },
};

const normalization: LayerKind = {
  classes: ["Normalization"],
  prepare(layer, weights) {
    const given = layer.get("axis") === null ? [] : layer.axes("axis", -1);
    const invert = layer.boolean("invert", false);
    const inConfig = layer.get("mean") !== null && layer.get("mean") !== undefined;
    const [mean, variance] = inConfig
      ? [numbersOf(layer, "mean", 0), numbersOf(layer, "variance", 1)]
      : weights.take(["mean", "variance"]).map(({ data }) => [...data]);
    // In float32, as Keras does it.
    const deviation = variance.map((value) => Math.max(Math.fround(Math.sqrt(Math.fround(value))), Math.fround(1e-7)));
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const axes = given.map((axis) => axisWithin(layer, axis, input.shape));
      const shape = input.shape.map((size, axis) => (axes.includes(axis) ? (size ?? 0) : 1));
      const count = shape.reduce((size, each) => size * each, 1);
      const spread = (values: readonly number[]) => {
        if (values.length === 1) return graph.float32(values[0]!);
        if (values.length !== count)
          throw inputFault(layer, input.shape, `one of ${values.length} numbers to normalise`);
        return graph.float32(values, shape);
      };
      const [middle, width] = [spread(mean), spread(deviation)];
      const value = invert
        ? graph.add(middle, graph.mul(input.value, width))
        : graph.div(graph.sub(input.value, middle), width);
      return { ...input, value };
    };
  },
};

type Encoding = "int" | "one_hot" | "multi_hot" | "count";

function encodingOf(layer: LayerConfig, fallback: Encoding): Encoding {
  const mode = layer.get("output_mode") ?? fallback;
  if (mode === "tf_idf") layer.obstacle("output_mode", "tf_idf has no ONNX form here");
  if (layer.boolean("sparse", false)) layer.obstacle("sparse", "sparse outputs have no ONNX form here");
  return mode === "tf_idf" ? fallback : layer.oneOf("output_mode", ["int", "one_hot", "multi_hot", "count"], fallback);
}

/** Indices (int64) as Keras encodes them. */
function encoded(graph: LayerGraph, indices: Flow, mode: Encoding, depth: number): Flow {
  if (mode === "int") return indices;
  const { shape } = indices;
  const all = graph.int64(Array.from({ length: depth }, (_, index) => index));
  const hits = (value: Value) => graph.cast(graph.equal(graph.unsqueeze(value, [-1]), all), "float32");
  if (mode === "one_hot") {
    const single = shape.length > 1 && shape.at(-1) === 1;
    const value = single ? graph.squeeze(indices.value, [-1]) : indices.value;
    return { value: hits(value), shape: [...(single ? shape.slice(0, -1) : shape), depth], dtype: "float32" };
  }
  const reduce = mode === "count" ? graph.reduceSum : graph.reduceMax;
  return { value: reduce(hits(indices.value), [-2]), shape: [...shape.slice(0, -1), depth], dtype: "float32" };
}

/** Most classes that are written out one by one. */
const depthLimit = 1_000_000;

const discretization: LayerKind = {
  classes: ["Discretization"],
  mask: "ends",
  prepare(layer) {
    const bounds = layer.numbers("bin_boundaries");
    if (bounds === undefined)
      layer.obstacle(
        "bin_boundaries",
        "the file has none: give them to the layer, or save the model by Keras 3 after adapt()",
      );
    const mode = encodingOf(layer, "int");
    return (graph, [x]) => {
      const input = graph.last(graph.float(x!));
      const above = graph.greaterOrEqual(graph.unsqueeze(input.value, [-1]), graph.float32(bounds!));
      const value = graph.reduceSum(graph.cast(above, "int64"), [-1]);
      return encoded(graph, { ...input, value, dtype: "int64" }, mode, bounds!.length + 1);
    };
  },
};

const categoryEncoding: LayerKind = {
  classes: ["CategoryEncoding"],
  mask: "ends",
  limits: "no count_weights",
  prepare(layer) {
    const depth = layer.integer("num_tokens");
    if (depth > depthLimit) throw layer.fault("num_tokens", `a number up to ${depthLimit}`);
    const mode = encodingOf(layer, "multi_hot");
    return (graph, [x]) => encoded(graph, graph.as(graph.last(x!), "int64"), mode, depth);
  },
};

/** What adapt() learned: a word a line, those for hidden and unknown values included. */
function vocabularyOf(text: string | undefined, isText: boolean): readonly Json[] | undefined {
  const lines = text?.split("\n");
  return isText ? lines : lines?.map((line) => (/^-?\d+$/u.test(line) ? Number(line) : line));
}

/** Lookups by a vocabulary, of the configuration or beside the weights. */
const lookup: LayerKind = {
  classes: ["StringLookup", "IntegerLookup"],
  mask: "ends",
  limits: "at most one index for unknown values; no tf_idf",
  prepare(layer, weights) {
    const isText = layer.className === "StringLookup";
    const words = layer.list("vocabulary") ?? vocabularyOf(weights.text("vocabulary.txt"), isText);
    if (words === undefined)
      layer.obstacle("vocabulary", "the file has none: adapt() the layer, and save the model as .keras");
    const mode = encodingOf(layer, "int");
    const invert = layer.boolean("invert", false);
    const unknowns = layer.integer("num_oov_indices", 1, 0);
    if (unknowns > 1) layer.obstacle("num_oov_indices", "hashing of unknown values has no ONNX form here");
    if (unknowns === 0 && !invert)
      layer.obstacle(
        "num_oov_indices",
        "without an index for unknown values Keras ends with an error, which ONNX can't",
      );
    const hidden = layer.get("mask_token") ?? null;
    const unknown = layer.get("oov_token") ?? (isText ? "[UNK]" : -1);
    if (hidden !== null && mode !== "int") layer.obstacle("mask_token", `it has no ONNX form with output_mode=${mode}`);
    const isWord = (value: Json): value is string | number =>
      isText ? typeof value === "string" : Number.isSafeInteger(value);
    if (hidden !== null && !isWord(hidden)) throw layer.fault("mask_token", isText ? "a text" : "a number");
    const kept = (words ?? []).filter((word) => word !== hidden && word !== unknown);
    if (!kept.every(isWord) || !isWord(unknown))
      throw layer.fault("vocabulary", isText ? "a list of texts" : "a list of numbers");
    const before = [...(hidden === null ? [] : [hidden]), ...(unknowns === 0 ? [] : [unknown])];
    const entries = [...before, ...kept];
    if (new Set(entries).size !== entries.length) throw layer.fault("vocabulary", "a list without anything twice");
    if (layer.get("pad_to_max_tokens") === true && mode !== "int")
      layer.obstacle("pad_to_max_tokens", "it has no ONNX form here");
    const type = isText ? ("string" as const) : ("int64" as const);
    const list = entries as never;
    const numbers = { type: "int64" as const, list: entries.map((_, index) => index) };
    return (graph, [x]) => {
      const input = graph.last(x!);
      if (invert) {
        const indices = graph.as(input, "int64");
        const value = graph.labelEncoder(indices.value, numbers, { type, list }, unknown);
        return { ...indices, value, dtype: type };
      }
      if (isText && input.dtype !== "string") throw inputFault(layer, input.shape, "texts");
      const keyed = isText ? input : graph.as(input, "int64");
      const value = graph.labelEncoder(keyed.value, { type, list }, numbers, before.length - 1);
      return encoded(graph, { ...keyed, value, dtype: "int64" }, mode, entries.length);
    };
  },
};

export const preprocessingKinds: readonly LayerKind[] = [
  rescaling,
  normalization,
  discretization,
  categoryEncoding,
  lookup,
];
