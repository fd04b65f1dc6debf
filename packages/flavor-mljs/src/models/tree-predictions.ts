import type { TensorSpec } from "@modelkeep/core";

import type { Output } from "../model-type.js";

/** What trees, alone or as a forest, make of rows: a label or a value for each. */
export function predictionOf(predictions: readonly number[], classifier: boolean): Output {
  return classifier
    ? { kind: "labels", labels: predictions }
    : { kind: "values", values: predictions.map((value) => [value]) };
}

export function outputOf(classifier: boolean): TensorSpec {
  return classifier
    ? { name: "label", dtype: "int64", shape: ["batch"] }
    : { name: "value", dtype: "float64", shape: ["batch"] };
}
