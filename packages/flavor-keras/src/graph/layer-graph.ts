import { type DType, ModelkeepError } from "@modelkeep/core";
import { GraphBuilder, type Value } from "@modelkeep/onnx";

import type { Float32Weight } from "../weights/weights.js";
import type { Flow } from "./flow.js";

/** More layers, those of shared models counted each time, than any model has. */
const layerLimit = 100_000;

/** A graph in which values have the names of their layers, and channels lie where they are needed. */
export class LayerGraph extends GraphBuilder {
  #scope = "model";
  #layers = 0;
  readonly #lastOf = new Map<Value, Value>();
  readonly #firstOf = new Map<Value, Value>();

  /** Draws a layer: its values are named after it. */
  within<T>(layer: string, draw: () => T): T {
    if (++this.#layers > layerLimit)
      throw new ModelkeepError(
        "limit_exceeded",
        `The model calls more than ${layerLimit} layers, those of shared models counted each time`,
      );
    const outer = this.#scope;
    this.#scope = layer;
    try {
      return draw();
    } finally {
      this.#scope = outer;
    }
  }

  /** Layers' names may be those of operators: a value within always has a name with a slash. */
  override fresh(stem: string): string {
    return super.fresh(`${this.#scope}/${stem}`);
  }

  weight({ data, shape }: Float32Weight): Value {
    return this.float32(data, shape);
  }

  /** With the axes in Keras' order. */
  last(flow: Flow): Flow {
    if (flow.channelsFirst !== true) return flow;
    const rank = flow.shape.length;
    const value = remembered(this.#lastOf, flow.value, () => this.transpose(flow.value, [0, ...range(2, rank), 1]));
    this.#firstOf.set(value, flow.value);
    return { ...flow, value, channelsFirst: false };
  }

  /** With the channels at axis 1, where ONNX wants them. */
  first(flow: Flow): Flow {
    if (flow.channelsFirst === true) return flow;
    const rank = flow.shape.length;
    if (rank < 3) return flow;
    const value = remembered(this.#firstOf, flow.value, () =>
      this.transpose(flow.value, [0, rank - 1, ...range(1, rank - 1)]),
    );
    this.#lastOf.set(value, flow.value);
    return { ...flow, value, channelsFirst: true };
  }

  /** The axis in the graph of an axis in Keras' order. */
  axisOf(flow: Flow, axis: number): number {
    const rank = flow.shape.length;
    const own = axis < 0 ? axis + rank : axis;
    if (flow.channelsFirst !== true || own === 0) return own;
    return own === rank - 1 ? 1 : own + 1;
  }

  as(flow: Flow, dtype: DType): Flow {
    return flow.dtype === dtype ? flow : { ...flow, value: this.cast(flow.value, dtype), dtype };
  }

  float(flow: Flow): Flow {
    return this.as(flow, "float32");
  }

  /** An element-wise function of floats: the order of axes stays as it is. */
  map(flow: Flow, each: (value: Value) => Value): Flow {
    const input = this.float(flow);
    return { ...input, value: each(input.value) };
  }
}

export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

function remembered(known: Map<Value, Value>, key: Value, make: () => Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  const made = make();
  known.set(key, made);
  return made;
}
