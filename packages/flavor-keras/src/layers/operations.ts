import type { Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow, Shape } from "../graph/flow.js";
import { type LayerGraph, range } from "../graph/layer-graph.js";
import { axisWithin, inputFault } from "./checks.js";
import type { Draw } from "./layer-kind.js";

/** Functions of two tensors, or of a tensor and a number, that Keras 3 keeps among the layers: `x + y`, `x * 2`. */
const binary: Readonly<Record<string, (b: LayerGraph, x: Value, y: Value) => Value>> = {
  Add: (b, x, y) => b.add(x, y),
  Subtract: (b, x, y) => b.sub(x, y),
  Multiply: (b, x, y) => b.mul(x, y),
  Divide: (b, x, y) => b.div(x, y),
  TrueDivide: (b, x, y) => b.div(x, y),
  Maximum: (b, x, y) => b.max(x, y),
  Minimum: (b, x, y) => b.min(x, y),
};

/** Draws a function of `keras.ops`; undefined, with an obstacle, for those without a form. */
export function prepareOperation(layer: LayerConfig): Draw | undefined {
  const { className } = layer;
  if (Object.hasOwn(binary, className))
    return (graph, inputs) => {
      const [x, y] = pair(layer, inputs).map((flow) => graph.last(graph.float(flow))) as [Flow, Flow];
      return {
        value: binary[className]!(graph, x.value, y.value),
        shape: broadcast(layer, x.shape, y.shape),
        dtype: "float32",
      };
    };
  // What masks are made of.
  if (className === "NotEqual")
    return (graph, inputs) => {
      const [x, y] = pair(layer, inputs).map((flow) => graph.last(graph.float(flow))) as [Flow, Flow];
      const value = graph.not(graph.equal(x.value, y.value));
      return { value, shape: broadcast(layer, x.shape, y.shape), dtype: "bool" };
    };
  if (className === "Any")
    return (graph, inputs) => {
      const input = graph.last(inputs[0]!);
      const axes = layer.axes("axis", -1).map((axis) => axisWithin(layer, axis, input.shape));
      const keep = layer.boolean("keepdims", false);
      const value = graph.cast(graph.reduceMax(graph.float(input).value, axes, keep), "bool");
      const shape = input.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      return { value, shape: keep ? shape : shape.filter((_, axis) => !axes.includes(axis)), dtype: "bool" };
    };
  layer.obstacle(undefined, "this function of keras.ops has no ONNX form here: use the layer that does the same");
  return undefined;
}

function pair(layer: LayerConfig, inputs: readonly Flow[]): readonly [Flow, Flow] {
  const [x, y] = inputs;
  if (x === undefined || y === undefined || inputs.length > 2) throw inputFault(layer, x?.shape ?? [], "two inputs");
  return [x, y];
}

/** As NumPy does it: from the last axis on. */
function broadcast(layer: LayerConfig, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return range(0, rank).map((at) => {
    const [x = 1, y = 1] = [a[at - rank + a.length], b[at - rank + b.length]];
    if (x !== null && y !== null && x !== 1 && y !== 1 && x !== y)
      throw inputFault(layer, b, `one that goes with [${a.join(", ")}]`);
    return x === 1 ? y : y === 1 || x !== null ? x : y;
  });
}
