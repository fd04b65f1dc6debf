import type { LayerConfig } from "../config/layer-config.js";
import type { Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import type { Weights } from "../weights/weights.js";

/** Adds a layer that was read to the graph, once for each time it is called. */
export type Draw = (graph: LayerGraph, inputs: readonly Flow[], named: NamedInputs) => Flow | readonly Flow[];

/** Tensors that a layer is called with by name: `initial_state`, `value`. */
export type NamedInputs = ReadonlyMap<string, readonly Flow[]>;

/** How classes of Keras become ONNX. */
export interface LayerKind {
  readonly classes: readonly string[];
  /** Reads configuration and weights. What has no ONNX form is an obstacle of the layer. */
  readonly prepare: (layer: LayerConfig, weights: Weights) => Draw;
  /** Most tensors that it may be called with by position. Default 1. */
  readonly inputs?: number;
  /** Tensors that it may be called with by name. */
  readonly arguments?: readonly string[];
  /** What becomes of a mask: carried on by default; "ends" here; or the layer looks at it itself. */
  readonly mask?: "ends" | "own";
  /** For the table in the documentation. */
  readonly limits?: string;
}
