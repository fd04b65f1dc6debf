import { Tensor } from "@modelkeep/core";
import type { GraphBuilder, Value } from "@modelkeep/onnx";

import type { Fitted } from "../fitted/fitted.js";
import type { Scalar } from "../fitted/python-value.js";

/** Class labels of one type, in the order of the columns of probabilities. */
export interface Labels {
  readonly dtype: "string" | "int64" | "float64" | "bool";
  readonly values: readonly (string | number | bigint | boolean)[];
}

/** Labels of an attribute such as `classes_`: of one type and each once, else `malformed` or `unsupported`. */
export function labelsOf(fitted: Fitted, attribute: string, index?: number): Labels {
  const scalars = index === undefined ? fitted.scalars(attribute) : nested(fitted, attribute, index);
  const labels = toLabels(scalars, fitted.dtypeOf(attribute));
  if (labels === undefined) {
    throw fitted.unsupported(attribute, `${attribute} mixes types of labels, and an ONNX output has one type`);
  }
  if (labels.values.length === 0) throw fitted.wrong(attribute, "is empty");
  if (new Set(labels.values.map((value) => `${typeof value} ${value}`)).size !== labels.values.length)
    throw fitted.wrong(attribute, "has a label twice");
  return labels;
}

function nested(fitted: Fitted, attribute: string, index: number): readonly Scalar[] {
  const scalars = fitted.list(attribute)[index];
  const found = scalars === undefined ? undefined : fitted.scalarsOf(scalars);
  if (found === undefined) throw fitted.wrong(attribute, `has no labels for output ${index}`);
  return found;
}

export function toLabels(scalars: readonly Scalar[], dtype?: string): Labels | undefined {
  if (scalars.every((each) => typeof each === "string")) return { dtype: "string", values: scalars };
  if (scalars.every((each) => typeof each === "boolean")) return { dtype: "bool", values: scalars };
  if (scalars.every((each) => typeof each === "number" || typeof each === "bigint" || typeof each === "boolean")) {
    const whole = scalars.every((each) => typeof each !== "number" || Number.isInteger(each));
    const integer = dtype === undefined || dtype === "object" ? whole : /^u?int/u.test(dtype);
    const values = scalars.map((each) => (typeof each === "boolean" ? Number(each) : each));
    return integer && whole
      ? { dtype: "int64", values: values.map((each) => BigInt.asIntN(64, BigInt(each))) }
      : { dtype: "float64", values: values.map(Number) };
  }
  return undefined;
}

/** Classifiers that were fitted on several labels per row have no form here. */
export function refuseSeveralLabels(fitted: Fitted, binarizer: string): void {
  const kind = fitted.has(binarizer) ? fitted.estimator(binarizer).raw("y_type_") : undefined;
  if (typeof kind === "string" && kind.startsWith("multilabel"))
    throw fitted.unsupported(binarizer, "it was fitted on several labels per row, which has no ONNX form here");
}

/** The labels at the indices. */
export function drawLabels(graph: GraphBuilder, labels: Labels, indices: Value): Value {
  return graph.gather(labelConstant(graph, labels), indices);
}

function labelConstant(graph: GraphBuilder, labels: Labels): Value {
  const { dtype, values } = labels;
  switch (dtype) {
    case "string":
      return graph.strings(values as readonly string[]);
    case "bool":
      return graph.bools(values as readonly boolean[]);
    case "float64":
      return graph.float64(values as readonly number[]);
    case "int64":
      return graph.constant(new Tensor("int64", [values.length], BigInt64Array.from(values as readonly bigint[])));
  }
}

/** As values of a signature. */
export function labelCategories(labels: Labels): (string | number | boolean)[] {
  return labels.values.map((value) => (typeof value === "bigint" ? Number(value) : value));
}
