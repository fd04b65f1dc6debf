import type { StateValue, TensorSpec } from "@modelkeep/core";

import type { Rows } from "./matrix.js";
import type { GraphStep } from "./onnx/graph-step.js";

/** What a step makes of rows: one label or value for each, or new rows. */
export type Output =
  | { readonly kind: "labels"; readonly labels: readonly number[] }
  | { readonly kind: "values"; readonly values: Rows }
  | { readonly kind: "rows"; readonly rows: Rows };

/** One type of ml.js: how it is recognised, frozen, revived, run and drawn as an ONNX graph. */
export interface ModelType<M = unknown> {
  /** "random-forest-classifier": the `type` of its state. */
  readonly type: string;
  /** The npm package that must be there to thaw it; absent for types of this package. */
  readonly library?: string;
  owns(model: unknown): model is M;
  freeze(model: M): StateValue;
  thaw(state: StateValue): Promise<M>;
  /** Hyper-parameters, for the manifest. */
  parameters(model: M): Readonly<Record<string, unknown>>;
  /** Number of columns it takes, where the model tells. */
  columns(model: M): number | undefined;
  apply(model: M, rows: Rows, options: StepOptions): Output;
  /** What it gives, as the last step of a pipeline. */
  output(model: M, options: StepOptions): TensorSpec;
  /** The same computation as ONNX, or a sentence that says why there is none. */
  graph(model: M, options: StepOptions): GraphStep | string;
}

/** Arguments that ml.js takes when predicting, not when training; they belong to the step. */
export interface StepOptions {
  /** PCA: how many components to keep. */
  readonly components?: number;
}
