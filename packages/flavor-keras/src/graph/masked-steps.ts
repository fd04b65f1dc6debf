import { int, type Value } from "@modelkeep/onnx";

import type { LayerGraph } from "./layer-graph.js";

/**
 * Steps that count, for operators that know lengths but no masks: those that count are put first, in their order, and what comes
 * of them is put back. A step that doesn't count repeats what came of the one that was read before it.
 */
export class MaskedSteps {
  readonly #graph: LayerGraph;
  readonly #mask: Value;
  /** int64 `[batch, steps]`: how many count, up to and with each. */
  readonly #counts: Value;

  constructor(graph: LayerGraph, mask: Value) {
    this.#graph = graph;
    this.#mask = graph.cast(mask, "int64");
    this.#counts = graph.cumsum(this.#mask, 1);
  }

  /** int32 `[batch]`. */
  get lengths(): Value {
    return this.#graph.cast(this.#graph.reduceSum(this.#mask, [1]), "int32");
  }

  /** `[batch, steps, features]` with the steps that count first. */
  counted(input: Value, features: number): Value {
    const b = this.#graph;
    const steps = b.slice(b.shape(this.#mask), [1], [2], [0]);
    // Those that count have the larger keys, and of two the earlier one.
    const place = b.sub(b.cumsum(b.expand(b.int64(1), b.shape(this.#mask)), 1), b.int64(1));
    const key = b.sub(b.mul(this.#mask, steps), place);
    const [, order] = b.op("", "TopK", [key, steps], { axis: int(1), largest: int(1), sorted: int(1) }, { outputs: 2 });
    return b.gatherElements(input, this.#everywhere(order!, features), 1);
  }

  /** What came of the steps, `[batch, steps, units]`, each at its place again. */
  spread(output: Value, units: number, backwards: boolean, zeros: boolean): Value {
    const b = this.#graph;
    // A step of zeros where nothing was read before.
    const pads = b.int64(backwards ? [0, 0, 0, 0, 1, 0] : [0, 1, 0, 0, 0, 0]);
    const padded = b.apply("Pad", [output, pads, b.float32(0)], { mode: "constant" });
    const place = backwards ? b.sub(this.#counts, this.#mask) : this.#counts;
    const spread = b.gatherElements(padded, this.#everywhere(place, units), 1);
    return zeros ? b.mul(spread, b.cast(b.unsqueeze(this.#mask, [2]), "float32")) : spread;
  }

  /** Indices `[batch, steps]`, the same for each feature. */
  #everywhere(indices: Value, size: number): Value {
    return this.#graph.tile(this.#graph.unsqueeze(indices, [2]), this.#graph.int64([1, 1, size]));
  }
}
