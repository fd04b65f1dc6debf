import type { Dimension, TensorSpec } from "@modelkeep/core";
import type { Value } from "@modelkeep/onnx";

import type { Prediction } from "../estimators/handler.js";
import type { Fitted } from "../fitted/fitted.js";
import type { Drawing } from "./drawing.js";
import { drawLabels, labelCategories } from "./labels.js";
import { JoinedRows, type Rows, StringColumn } from "./rows.js";

/** Draws the model and makes what it predicts, or transforms to, the outputs of the graph. */
export function declareOutputs(drawing: Drawing, fitted: Fitted, input: Rows): void {
  const last = lastEstimator(drawing, fitted);
  const handler = last === undefined ? undefined : drawing.handler(last);
  if (handler?.predict === undefined) {
    declareTransformed(drawing, drawing.transform(fitted, input));
    return;
  }
  const prediction = drawing.predict(fitted, input);
  declarePrediction(drawing, fitted, prediction);
  if (handler.showsTransform === true && canTransform(last!))
    declareTransformed(drawing, drawing.transform(fitted, input));
}

/** Through pipelines and searches to the estimator that decides what the model does; undefined for one that does nothing. */
export function lastEstimator(drawing: Drawing, fitted: Fitted): Fitted | undefined {
  let current: Fitted | undefined = fitted;
  for (let depth = 0; current !== undefined && depth < 40; depth++) {
    const handler = drawing.handler(current);
    if (handler.last === undefined) return current;
    current = handler.last(current);
  }
  return current;
}

/** Linear discriminants without scalings can only predict. */
function canTransform(last: Fitted): boolean {
  return last.raw("solver") !== "lsqr";
}

function declareTransformed(drawing: Drawing, rows: Rows): void {
  const parts = rows instanceof JoinedRows ? rows.parts : [rows];
  const strings = parts.filter((part) => part instanceof StringColumn);
  if (strings.length === 0) {
    output(drawing, "transformed", rows.matrix(), "float64", ["batch", rows.width ?? null]);
    return;
  }
  const values = parts.map((part) =>
    part instanceof StringColumn ? part.value : drawing.graph.cast(part.matrix(), "string"),
  );
  if (strings.length < parts.length)
    drawing.note("Numbers beside strings are given as strings: an ONNX output has one type");
  output(drawing, "transformed", values.length === 1 ? values[0]! : drawing.graph.concat(values, 1), "string", [
    "batch",
    rows.width ?? null,
  ]);
}

function declarePrediction(drawing: Drawing, fitted: Fitted, prediction: Prediction): void {
  if (prediction.targets !== undefined) {
    declareTargets(drawing, fitted, prediction.targets);
    return;
  }
  declareLabel(drawing, prediction, "label");
  declareScores(drawing, prediction, "");
}

function declareLabel(drawing: Drawing, prediction: Prediction, name: string): void {
  const { classes, label } = prediction;
  if (label === undefined) return;
  if (classes === undefined) {
    output(drawing, name, label, "int64", ["batch"]);
    return;
  }
  const value = drawLabels(drawing.graph, classes, label);
  output(drawing, name, value, classes.dtype, ["batch"], { categories: labelCategories(classes) });
}

function declareScores(drawing: Drawing, prediction: Prediction, suffix: string): void {
  const { classes, probabilities, decision, decisionWidth = 0, value, valueWidth = 0, score } = prediction;
  if (probabilities !== undefined) {
    const count = classes?.values.length ?? null;
    const features = classes?.values.map(String);
    output(
      drawing,
      `probabilities${suffix}`,
      probabilities,
      "float64",
      ["batch", count],
      features === undefined ? {} : { features },
    );
  }
  if (decision !== undefined) output(drawing, `decision${suffix}`, decision, "float64", rowsOf(decisionWidth));
  if (value !== undefined) output(drawing, `value${suffix}`, value, "float64", rowsOf(valueWidth));
  if (score !== undefined) output(drawing, `score${suffix}`, score, "float64", ["batch"]);
}

/** Several targets: one `label` with a column for each where their types agree, and numbered scores. */
function declareTargets(drawing: Drawing, fitted: Fitted, targets: readonly Prediction[]): void {
  const { graph } = drawing;
  const dtypes = new Set(targets.map((target) => target.classes?.dtype));
  const common = dtypes.size === 1 ? [...dtypes][0] : undefined;
  const numeric = [...dtypes].every((dtype) => dtype !== "string");
  if (common !== undefined || numeric) {
    const dtype = common ?? "float64";
    const columns = targets.map(({ classes, label }): Value => {
      const value = graph.unsqueeze(drawLabels(graph, classes!, label!), [1]);
      return classes!.dtype === dtype ? value : graph.cast(value, dtype);
    });
    output(drawing, "label", graph.concat(columns, 1), dtype, ["batch", targets.length]);
  } else {
    drawing.note(`${fitted.name} has labels of several types: label_0, label_1 … are its targets`);
    targets.forEach((target, index) => declareLabel(drawing, target, `label_${index}`));
  }
  targets.forEach((target, index) => declareScores(drawing, target, `_${index}`));
}

function rowsOf(width: number): Dimension[] {
  return width === 0 ? ["batch"] : ["batch", width];
}

function output(
  { graph }: Drawing,
  name: string,
  value: Value,
  dtype: TensorSpec["dtype"],
  shape: readonly Dimension[],
  more: Partial<TensorSpec> = {},
): void {
  graph.output(name, value, dtype, shape, more);
}
