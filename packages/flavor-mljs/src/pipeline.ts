import { ModelkeepError } from "@modelkeep/core";

import type { Rows } from "./matrix.js";
import type { Output, StepOptions } from "./model-type.js";
import { modelTypeOf } from "./registered.js";

/** One step of a pipeline. All but the last transform what goes into the next. */
export interface Step extends StepOptions {
  readonly name: string;
  /** A model of ml.js, or a `StandardScaler`. */
  readonly model: unknown;
}

/** What the columns and the labels of a pipeline are called. */
export interface PipelineOptions {
  /** Names of the columns, in order. */
  readonly features?: readonly string[];
  /** Names of the labels 0, 1, 2 …, where labels are classes. */
  readonly classes?: readonly string[];
}

/** Preprocessing and model as one unit: what one step gives, the next one takes. */
export class Pipeline {
  readonly steps: readonly Step[];
  readonly features: readonly string[] | undefined;
  readonly classes: readonly string[] | undefined;

  constructor(steps: readonly Step[], { features, classes }: PipelineOptions = {}) {
    if (steps.length === 0) throw new TypeError("A pipeline has at least one step");
    const names = new Set(steps.map(({ name }) => name));
    if (names.size < steps.length) throw new TypeError("Each step of a pipeline has a name of its own");
    for (const { model } of steps) modelTypeOf(model);
    this.steps = steps.map((step) => ({ ...step }));
    this.features = features === undefined ? undefined : [...features];
    this.classes = classes === undefined ? undefined : [...classes];
  }

  /** One label for each row, or the values of a regression, or what the last transformation gives. */
  predict(rows: Rows): number[] | number[][] {
    const output = this.run(rows);
    if (output.kind === "labels") return [...output.labels];
    const result = output.kind === "values" ? output.values : output.rows;
    return output.kind === "values" && result[0]?.length === 1
      ? result.map((row) => row[0]!)
      : result.map((row) => [...row]);
  }

  run(rows: Rows): Output {
    if (rows.length === 0) throw new ModelkeepError("invalid_input", "[mljs] There are no rows to predict");
    let output: Output = { kind: "rows", rows };
    this.steps.forEach((step, index) => {
      if (output.kind !== "rows")
        throw new ModelkeepError(
          "invalid_input",
          `[mljs] The step ${JSON.stringify(step.name)} follows ${JSON.stringify(this.steps[index - 1]!.name)}, which gives ${output.kind}, not rows`,
        );
      output = modelTypeOf(step.model).apply(step.model, output.rows, step);
    });
    return output;
  }
}
