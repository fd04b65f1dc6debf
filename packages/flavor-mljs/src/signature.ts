import type { Signature, TensorSpec } from "@modelkeep/core";

import type { Pipeline } from "./pipeline.js";
import { modelTypeOf } from "./registered.js";

/** The name under which rows go in. */
export const inputName = "features";

/** One float64 matrix of rows in; `label`, `value` or `transformed` out. */
export function signatureOf(pipeline: Pipeline): Signature {
  const first = pipeline.steps[0]!;
  const last = pipeline.steps.at(-1)!;
  const columns = pipeline.features?.length ?? modelTypeOf(first.model).columns(first.model) ?? null;
  const input: TensorSpec = {
    name: inputName,
    dtype: "float64",
    shape: ["batch", columns],
    ...(pipeline.features === undefined ? {} : { features: pipeline.features }),
  };
  const output = modelTypeOf(last.model).output(last.model, last);
  const named = output.name === "label" && pipeline.classes !== undefined;
  return {
    inputs: [input],
    outputs: [
      named
        ? {
            ...output,
            description: `Classes: ${pipeline.classes.map((name, label) => `${label} ${name}`).join(", ")}`,
          }
        : output,
    ],
  };
}
