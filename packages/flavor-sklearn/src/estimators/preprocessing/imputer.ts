import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asScalar } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { joinRows, MatrixRows, type Rows, StringColumn } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

export const simpleImputer: Handler = {
  transform(drawing, fitted, rows) {
    const statistics = fitted.scalars("statistics_");
    const strings = statistics.some((each) => typeof each === "string");
    return strings ? imputeStrings(drawing, fitted, rows) : imputeNumbers(drawing, fitted, rows);
  },
};

export const missingIndicator: Handler = {
  transform(drawing, fitted, rows) {
    const missing = isMissing(drawing, fitted, rows.matrix());
    return indicated(drawing, fitted, missing);
  },
};

function imputeNumbers(drawing: Drawing, fitted: Fitted, rows: Rows): Rows {
  const { graph } = drawing;
  const statistics = Float64Array.from(fitted.scalars("statistics_"), (each) =>
    each === null ? Number.NaN : Number(each),
  );
  const matrix = rows.matrix(statistics.length);
  const missing = isMissing(drawing, fitted, matrix);
  // A column without a single value in training has no statistic; it is left out unless such columns are kept.
  const keepEmpty = fitted.boolean("keep_empty_features", false) || fitted.text("strategy") === "constant";
  const kept = [...statistics.keys()].filter((column) => keepEmpty || !Number.isNaN(statistics[column]!));
  const filled = new MatrixRows(graph, graph.where(missing, graph.float64(statistics), matrix), statistics.length);
  return withIndicator(drawing, fitted, filled.select(kept), missing);
}

function withIndicator(drawing: Drawing, fitted: Fitted, filled: Rows, missing: Value): Rows {
  if (!fitted.boolean("add_indicator", false) || !fitted.isSet("indicator_")) return filled;
  return joinRows(drawing.graph, [filled, indicated(drawing, fitted.estimator("indicator_", "indicator"), missing)]);
}

/** 1 where a value was missing, in the columns that the indicator keeps. */
function indicated({ graph }: Drawing, indicator: Fitted, missing: Value): Rows {
  const columns = indicator.indices("features_", Number.MAX_SAFE_INTEGER);
  const chosen = graph.gather(missing, graph.int64(columns), 1);
  return new MatrixRows(graph, graph.cast(chosen, "float64"), columns.length);
}

function isMissing({ graph }: Drawing, fitted: Fitted, matrix: Value): Value {
  const missing = asScalar(fitted.raw("missing_values"));
  if (missing === null || (typeof missing === "number" && Number.isNaN(missing))) return graph.isNaN(matrix);
  if (typeof missing === "number") return graph.equal(matrix, graph.float64(missing));
  throw fitted.unsupportedValue("missing_values");
}

/** Columns of strings: ONNX has no missing string, so the empty string stands for one. */
function imputeStrings(drawing: Drawing, fitted: Fitted, rows: Rows): Rows {
  const { graph } = drawing;
  const missing = asScalar(fitted.raw("missing_values"));
  const absent = typeof missing === "string" ? missing : "";
  if (absent === "") drawing.note("A missing value in a column of strings is given as the empty string");
  if (fitted.boolean("add_indicator", false))
    throw fitted.unsupported("add_indicator", "an indicator of missing strings has no ONNX form here");
  const columns = fitted.scalars("statistics_").map((statistic, index): Rows => {
    if (typeof statistic !== "string") {
      const column = rows.column(index, "number");
      const value = graph.where(graph.isNaN(column), graph.float64([Number(statistic)]), column);
      return new MatrixRows(graph, value, 1);
    }
    const column = rows.column(index, "string");
    return new StringColumn(graph.where(graph.equal(column, graph.strings(absent)), graph.strings(statistic), column));
  });
  return joinRows(graph, columns);
}
