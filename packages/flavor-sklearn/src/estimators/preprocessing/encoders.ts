import { Tensor } from "@modelkeep/core";
import type { GraphBuilder, Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asNumbers, asScalar } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { toLabels } from "../../graph/labels.js";
import { joinRows, MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { categoryIndex, readCategories } from "./categories.js";

export const oneHotEncoder: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    if (!fitted.has("categories_")) throw oldEncoder(fitted);
    const all = readCategories(drawing, fitted);
    checkColumns(fitted, rows, all.length);
    const unknown = fitted.text("handle_unknown");
    refuseUnknown(drawing, fitted, unknown);
    const parts = all.map((categories, column): Rows => {
      const count = categories.values.length;
      const groups = columnGroups(fitted, column, count);
      const width = 1 + Math.max(-1, ...groups.place);
      const dropped = groups.dropped;
      const table: number[][] = groups.place.map((place) => unit(width, place));
      if (unknown !== "error") table.push(unit(width, unknown === "ignore" ? -1 : (groups.infrequent ?? -1)));
      const kept = Array.from({ length: width }, (_, place) => place).filter((place) => place !== dropped);
      const narrowed = table.map((row) => kept.map((place) => row[place]!));
      return lookUp(graph, categoryIndex(drawing, rows, column, categories, unknown === "error"), narrowed);
    });
    return joinRows(
      graph,
      parts.filter((part) => part.width !== 0),
    );
  },
};

/** Where each category goes among the columns that are made of its column, infrequent ones together in the last. */
function columnGroups(fitted: Fitted, column: number, count: number) {
  const mapping = asNumbers(
    fitted.isSet("_default_to_infrequent_mappings")
      ? fitted.list("_default_to_infrequent_mappings")[column]
      : undefined,
  );
  if (mapping !== undefined && mapping.data.length !== count)
    throw fitted.wrong("_default_to_infrequent_mappings", `has ${mapping.data.length} entries for ${count} categories`);
  const place = mapping === undefined ? Array.from({ length: count }, (_, index) => index) : Array.from(mapping.data);
  for (const each of place)
    if (!Number.isInteger(each) || each < 0 || each >= count)
      throw fitted.wrong("_default_to_infrequent_mappings", `holds ${each}`);
  const drop = fitted.isSet("drop_idx_") ? dropIndex(fitted, column) : undefined;
  if (drop !== undefined && drop >= count) throw fitted.wrong("drop_idx_", `drops category ${drop} of ${count}`);
  return {
    place,
    infrequent: mapping === undefined ? undefined : Math.max(...place),
    dropped: drop === undefined ? undefined : place[drop],
  };
}

function dropIndex(fitted: Fitted, column: number): number | undefined {
  const drop = asScalar(fitted.list("drop_idx_")[column]);
  if (drop === null) return undefined;
  if (typeof drop === "number" && Number.isInteger(drop) && drop >= 0) return drop;
  throw fitted.wrong("drop_idx_", "does not hold one index for each column");
}

export const ordinalEncoder: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const all = readCategories(drawing, fitted);
    checkColumns(fitted, rows, all.length);
    const unknown = fitted.text("handle_unknown", "error");
    refuseUnknown(drawing, fitted, unknown);
    const unknownValue = unknown === "error" ? undefined : fitted.number("unknown_value");
    const missingValue = fitted.number("encoded_missing_value", Number.NaN);
    const parts = all.map((categories, column): Rows => {
      const { values } = categories;
      const { place } = columnGroups(fitted, column, values.length);
      const table = values.map((value, index) => [
        (value === "" && categories.missing) || Number.isNaN(value) ? missingValue : place[index]!,
      ]);
      if (unknownValue !== undefined) table.push([unknownValue]);
      return lookUp(graph, categoryIndex(drawing, rows, column, categories, unknown === "error"), table);
    });
    return joinRows(graph, parts);
  },
};

/** One column of labels to their index. */
export const labelEncoder: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const labels = toLabels(fitted.scalars("classes_"), fitted.dtypeOf("classes_"));
    if (labels === undefined)
      throw fitted.unsupported("classes_", "it mixes types of labels, and an ONNX input has one type");
    drawing.note(`${fitted.title}: a label that was not seen in training makes a prediction fail, as in scikit-learn`);
    const values = labels.values.map((value) => (typeof value === "string" ? value : Number(value)));
    const kind = labels.dtype === "string" ? ("string" as const) : ("number" as const);
    const integer = labels.dtype === "int64" || labels.dtype === "bool";
    const index = categoryIndex(drawing, rows, 0, { kind, values, integer, missing: false }, true);
    return lookUp(
      graph,
      index,
      values.map((_, at) => [at]),
    );
  },
};

/** Categories to a number learned from the targets. */
export const targetEncoder: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const all = readCategories(drawing, fitted);
    checkColumns(fitted, rows, all.length);
    const means = Array.from(fitted.floats("target_mean_"));
    const classes = fitted.text("target_type_") === "multiclass" ? means.length : 1;
    const encodings = fitted.list("encodings_");
    if (encodings.length !== all.length * classes)
      throw fitted.wrong("encodings_", `has ${encodings.length} lists for ${all.length} columns`);
    const parts = all.map((categories, column): Rows => {
      const lists = Array.from({ length: classes }, (_, index) => {
        const list = asNumbers(encodings[column * classes + index]);
        if (list?.data.length !== categories.values.length)
          throw fitted.wrong("encodings_", `does not have one number for each category of column ${column}`);
        return list.data;
      });
      const table = categories.values.map((_, index) => lists.map((list) => list[index]!));
      table.push(means.slice(0, classes));
      return lookUp(graph, categoryIndex(drawing, rows, column, categories, false), table);
    });
    return joinRows(graph, parts);
  },
};

/** Each index becomes a row of the table. One without a row makes the prediction fail. */
function lookUp(graph: GraphBuilder, index: Value, table: readonly (readonly number[])[]): Rows {
  const width = table[0]?.length ?? 0;
  if (width === 0) return new MatrixRows(graph, index, 0);
  const constant = graph.constant(new Tensor("float64", [table.length, width], Float64Array.from(table.flat())));
  return new MatrixRows(graph, graph.reshape(graph.gather(constant, index), [-1, width]), width);
}

function unit(width: number, place: number): number[] {
  return Array.from({ length: width }, (_, index) => (index === place ? 1 : 0));
}

function refuseUnknown(drawing: Drawing, fitted: Fitted, unknown: string): void {
  const choices = ["error", "ignore", "infrequent_if_exist", "use_encoded_value", "warn"];
  if (!choices.includes(unknown)) throw fitted.unsupportedValue("handle_unknown");
  if (unknown === "error")
    drawing.note(
      `${fitted.title}: a category that was not seen in training makes a prediction fail, as in scikit-learn`,
    );
}

function checkColumns(fitted: Fitted, rows: Rows, count: number): void {
  if (rows.width !== undefined && rows.width !== count)
    throw fitted.wrong("categories_", `is for ${count} columns, but ${rows.width} reach it`);
}

function oldEncoder(fitted: Fitted) {
  return fitted.unsupported(
    "categories_",
    "it is a one-hot encoder of before scikit-learn 0.20, or one that was not fitted",
  );
}
