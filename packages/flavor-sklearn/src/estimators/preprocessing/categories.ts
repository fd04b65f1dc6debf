import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Scalar } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import type { Rows } from "../../graph/rows.js";

/** The known values of one column. */
export interface Categories {
  readonly kind: "string" | "number";
  /** Of numbers; NaN stands for a missing one. Of strings; "" stands for a missing one when one was missing in training. */
  readonly values: readonly (string | number)[];
  readonly integer: boolean;
  /** None or NaN is one of them. */
  readonly missing: boolean;
}

/** `categories_`: a list of values for each column. Columns that mix strings and numbers have no ONNX form. */
export function readCategories(drawing: Drawing, fitted: Fitted, attribute = "categories_"): Categories[] {
  return fitted.list(attribute).map((list, column) => {
    const scalars = fitted.scalarsOf(list);
    if (scalars === undefined) throw fitted.wrong(attribute, `has no plain values for column ${column}`);
    const present = scalars.filter((each) => !isAbsent(each));
    const missing = present.length < scalars.length;
    if (present.length > 0 && present.every((each) => typeof each === "string")) {
      if (missing) drawing.note("A missing value in a column of strings is given as the empty string");
      const values = scalars.map((each) => (typeof each === "string" ? each : ""));
      checkUnique(fitted, attribute, values);
      return { kind: "string", values, integer: false, missing };
    }
    if (present.some((each) => typeof each === "string")) {
      throw fitted.unsupported(
        attribute,
        `column ${column} has categories of several types, and an ONNX input has one type`,
      );
    }
    const values = scalars.map((each) => (isAbsent(each) ? Number.NaN : Number(each)));
    checkUnique(fitted, attribute, values);
    const integer = values.every((value) => Number.isSafeInteger(value));
    return { kind: "number", values, integer, missing };
  });
}

function isAbsent(value: Scalar): boolean {
  return value === null || (typeof value === "number" && Number.isNaN(value));
}

function checkUnique(fitted: Fitted, attribute: string, values: readonly unknown[]): void {
  if (new Set(values).size !== values.length) throw fitted.wrong(attribute, "has a category twice");
}

/** The index of a column's value among its categories, or their count where it is none of them: int64 `[batch, 1]`. */
export function categoryIndex(
  { graph }: Drawing,
  rows: Rows,
  column: number,
  categories: Categories,
  /** Others than these make a prediction fail: the signature says so. */
  strict: boolean,
): Value {
  const { kind, values, integer } = categories;
  const value = rows.column(column, kind, {
    integer,
    ...(strict && !values.some((each) => Number.isNaN(each)) ? { categories: values } : {}),
  });
  if (values.length === 0) return graph.cast(graph.isNaN(value), "int64");
  const indices = { type: "int64" as const, list: values.map((_, index) => index) };
  if (kind === "string") {
    const keys = { type: "string" as const, list: values as readonly string[] };
    return graph.labelEncoder(value, keys, indices, values.length);
  }
  const positions = { type: "float64" as const, list: indices.list };
  const keys = { type: "float64" as const, list: values as readonly number[] };
  return graph.cast(graph.labelEncoder(value, keys, positions, values.length), "int64");
}
