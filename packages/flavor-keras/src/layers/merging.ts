import type { Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow, Shape } from "../graph/flow.js";
import { type LayerGraph, range } from "../graph/layer-graph.js";
import { axisWithin, inputFault } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";
import { unitLength } from "./normalization.js";

/** All with the same order of axes: the channels first where one of them has them there already. */
function aligned(graph: LayerGraph, inputs: readonly Flow[]): readonly Flow[] {
  const rank = inputs[0]!.shape.length;
  const first =
    inputs.some((flow) => flow.channelsFirst === true) && inputs.every((flow) => flow.shape.length === rank);
  return inputs.map((flow) => (first ? graph.first(flow) : graph.last(flow)));
}

/** All of one dtype: floats, if not all are of the same integers. */
function alike(graph: LayerGraph, inputs: readonly Flow[]): readonly Flow[] {
  const { dtype } = inputs[0]!;
  return inputs.every((flow) => flow.dtype === dtype) ? inputs : inputs.map((flow) => graph.float(flow));
}

function broadcastShape(layer: LayerConfig, shapes: readonly Shape[]): Shape {
  return shapes[0]!.map((_, axis) => {
    const sizes = shapes.map((shape) => shape[axis]!);
    const known = [...new Set(sizes.filter((size) => size !== null && size !== 1))];
    if (known.length > 1) throw inputFault(layer, shapes[1]!, `one that goes with [${shapes[0]!.join(", ")}]`);
    return known[0] ?? (sizes.some((size) => size === null) ? null : 1);
  });
}

type Merge = (graph: LayerGraph, values: readonly Value[]) => Value;

const chain =
  (type: "Add" | "Mul" | "Sub"): Merge =>
  (graph, values) =>
    values.reduce((sum, value) => graph.apply(type, [sum, value]));

const merges: Readonly<Record<string, Merge>> = {
  Add: chain("Add"),
  Subtract: chain("Sub"),
  Multiply: chain("Mul"),
  Average: (graph, values) => graph.div(chain("Add")(graph, values), graph.float32(values.length)),
  Maximum: (graph, values) => graph.max(...values),
  Minimum: (graph, values) => graph.min(...values),
};

const elementwise = Object.entries(merges).map(([name, merge]): LayerKind => ({
  classes: [name],
  inputs: Infinity,
  prepare: (layer) => (graph, inputs) => {
    if (inputs.length < 2 || (name === "Subtract" && inputs.length !== 2))
      throw inputFault(layer, inputs[0]?.shape ?? [], "more than one input");
    const rank = Math.max(...inputs.map(({ shape }) => shape.length));
    // Keras puts the axes that one lacks behind its batch.
    const spread = inputs.map((flow) => {
      const missing = rank - flow.shape.length;
      if (missing === 0) return flow;
      const last = graph.last(flow);
      const shape = [last.shape[0]!, ...range(0, missing).map(() => 1), ...last.shape.slice(1)];
      return { ...last, value: graph.unsqueeze(last.value, range(1, missing + 1)), shape };
    });
    const floats = name === "Average" ? spread.map((flow) => graph.float(flow)) : alike(graph, spread);
    const ready = aligned(graph, floats);
    const shape = broadcastShape(
      layer,
      ready.map((flow) => flow.shape),
    );
    return {
      ...ready[0]!,
      value: merge(
        graph,
        ready.map(({ value }) => value),
      ),
      shape,
    };
  },
}));

const concatenate: LayerKind = {
  classes: ["Concatenate"],
  inputs: Infinity,
  prepare(layer) {
    const [given, ...more] = layer.axes("axis", -1);
    if (more.length > 0) throw layer.fault("axis", "one axis");
    return (graph, inputs) => {
      const rank = inputs[0]?.shape.length;
      if (rank === undefined || inputs.some(({ shape }) => shape.length !== rank))
        throw inputFault(layer, inputs.at(-1)?.shape ?? [], "one of as many axes as the others");
      const ready = aligned(graph, alike(graph, inputs));
      const axis = axisWithin(layer, given!, ready[0]!.shape);
      const shape = ready[0]!.shape.map((_, at) => {
        const sizes = ready.map((flow) => flow.shape[at]!);
        if (at === axis)
          return sizes.reduce<number | null>((sum, size) => (sum === null || size === null ? null : sum + size), 0);
        const known = [...new Set(sizes.filter((size) => size !== null))];
        if (known.length > 1) throw inputFault(layer, ready.at(-1)!.shape, "one that goes with the others");
        return known[0] ?? null;
      });
      const value = graph.concat(
        ready.map((flow) => flow.value),
        graph.axisOf(ready[0]!, axis),
      );
      const masked = axis === 1 && rank > 2 && inputs.some(({ mask }) => mask !== undefined);
      return { ...ready[0]!, value, shape, ...(masked && { mask: false as const }) };
    };
  },
};

const dot: LayerKind = {
  classes: ["Dot"],
  inputs: 2,
  mask: "ends",
  prepare(layer) {
    const given = layer.axes("axes", -1);
    const normalize = layer.boolean("normalize", false);
    return (graph, inputs) => {
      if (inputs.length !== 2) throw inputFault(layer, inputs[0]?.shape ?? [], "two inputs");
      const [a, b] = inputs.map((flow) => graph.last(graph.float(flow))) as [Flow, Flow];
      const axes = [a, b].map(({ shape }, at) => axisWithin(layer, given[at] ?? given[0]!, shape)) as [number, number];
      if (axes.includes(0) || a.shape.length > 9 || b.shape.length > 9)
        throw layer.fault("axes", "axes but that of the batch");
      const [left, right] = [a.shape[axes[0]]!, b.shape[axes[1]]!];
      if (left !== null && right !== null && left !== right)
        throw inputFault(layer, b.shape, `one of ${left} at the axis ${axes[1]}`);
      const own = a.shape.map((_, axis) => (axis === 0 ? "z" : axis === axes[0] ? "y" : "abcdefgh"[axis - 1]!));
      const ours = b.shape.map((_, axis) => (axis === 0 ? "z" : axis === axes[1] ? "y" : "ijklmnop"[axis - 1]!));
      const kept = [...own, ...ours.slice(1)].filter((letter) => letter !== "y");
      const [x, y] = normalize
        ? [unitLength(graph, a.value, [axes[0]], layer), unitLength(graph, b.value, [axes[1]], layer)]
        : [a.value, b.value];
      const equation = `${own.join("")},${ours.join("")}->${kept.join("")}`;
      const value = graph.apply("Einsum", [x, y], { equation });
      const shape = [
        ...a.shape.filter((_, axis) => axis !== axes[0]),
        ...b.shape.filter((_, axis) => axis !== 0 && axis !== axes[1]),
      ];
      if (shape.length > 1) return { value, shape, dtype: "float32" };
      return { value: graph.unsqueeze(value, [1]), shape: [...shape, 1], dtype: "float32" };
    };
  },
};

export const mergingKinds: readonly LayerKind[] = [...elementwise, concatenate, dot];
