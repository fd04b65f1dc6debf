import type { Flow } from "../graph/flow.js";
import { inputFault, openSize } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

/** A layer for each step: the steps of all rows become rows, and are taken apart again. */
export const timeDistributed: LayerKind = {
  classes: ["TimeDistributed"],
  limits: "as what it wraps",
  prepare(layer, weights) {
    const inner = layer.inner("layer");
    if (inner === undefined) throw layer.fault("layer", "a layer");
    const draw = layer.file.prepare(inner, weights.within("layer", inner.name));
    return (graph, [x], named) => {
      const input = graph.last(x!);
      const { shape } = input;
      if (shape.length < 3) throw inputFault(layer, shape, "one with an axis of steps");
      const sizes = shape.slice(2).map((size) => {
        if (size === null) throw openSize(layer, shape);
        return size;
      });
      // What looks at masks within would need that of its step.
      const mask = x!.mask === undefined ? {} : { mask: false as const };
      const value = graph.reshape(input.value, [-1, ...sizes]);
      const rows: Flow = { value, shape: [null, ...sizes], dtype: input.dtype, ...mask };
      const drawn = graph.within(inner.where, () => draw(graph, [rows], named));
      const output = graph.last(Array.isArray(drawn) ? (drawn as readonly Flow[])[0]! : (drawn as Flow));
      const rest = output.shape.slice(1).map((size) => {
        if (size === null) throw openSize(layer, output.shape);
        return size;
      });
      const steps = shape[1]!;
      const apart =
        steps === null
          ? graph.apply("Reshape", [
              output.value,
              graph.concat([graph.slice(graph.shape(input.value), [0], [2], [0]), graph.int64(rest)], 0),
            ])
          : graph.reshape(output.value, [-1, steps, ...rest]);
      return {
        value: apart,
        shape: [shape[0]!, steps, ...rest],
        dtype: output.dtype,
        ...(x!.mask !== undefined && { mask: x!.mask }),
      };
    };
  },
};
