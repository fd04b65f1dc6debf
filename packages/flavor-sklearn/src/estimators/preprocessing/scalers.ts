import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

/** A transformer of a matrix into one as wide. */
function sameWidth(draw: (drawing: Drawing, fitted: Fitted, matrix: Value, rows: Rows) => Value): Handler {
  return {
    transform: (drawing, fitted, rows) =>
      new MatrixRows(drawing.graph, draw(drawing, fitted, rows.matrix(), rows), rows.width),
  };
}

/** The attribute as a row of constants: one for each column. */
function perColumn(drawing: Drawing, fitted: Fitted, rows: Rows, attribute: string): Value {
  const values = fitted.floats(attribute);
  rows.matrix(values.length);
  return drawing.graph.float64(values);
}

export const standardScaler: Handler = sameWidth((drawing, fitted, matrix, rows) => {
  const { graph } = drawing;
  const centred = fitted.boolean("with_mean", true)
    ? graph.sub(matrix, perColumn(drawing, fitted, rows, "mean_"))
    : matrix;
  return fitted.boolean("with_std", true) ? graph.div(centred, perColumn(drawing, fitted, rows, "scale_")) : centred;
});

export const minMaxScaler: Handler = sameWidth((drawing, fitted, matrix, rows) => {
  const { graph } = drawing;
  const scaled = graph.add(
    graph.mul(matrix, perColumn(drawing, fitted, rows, "scale_")),
    perColumn(drawing, fitted, rows, "min_"),
  );
  if (!fitted.boolean("clip", false)) return scaled;
  const [low, high] = fitted.scalars("feature_range").map(Number);
  return graph.clip(scaled, graph.float64(low!), graph.float64(high!));
});

export const maxAbsScaler: Handler = sameWidth((drawing, fitted, matrix, rows) => {
  const scaled = drawing.graph.div(matrix, perColumn(drawing, fitted, rows, "scale_"));
  if (!fitted.boolean("clip", false)) return scaled;
  return drawing.graph.clip(scaled, drawing.graph.float64(-1), drawing.graph.float64(1));
});

export const robustScaler: Handler = sameWidth((drawing, fitted, matrix, rows) => {
  const { graph } = drawing;
  const centred = fitted.boolean("with_centering", true)
    ? graph.sub(matrix, perColumn(drawing, fitted, rows, "center_"))
    : matrix;
  return fitted.boolean("with_scaling", true)
    ? graph.div(centred, perColumn(drawing, fitted, rows, "scale_"))
    : centred;
});

export const normalizer: Handler = sameWidth((drawing, fitted, matrix) => {
  const { graph } = drawing;
  drawing.bounded();
  const norms: Record<string, () => Value> = {
    l1: () => graph.reduceSum(graph.abs(matrix), [1], true),
    l2: () => graph.sqrt(graph.reduceSum(graph.mul(matrix, matrix), [1], true)),
    // Signs counted before 0.24.
    max: () => graph.reduceMax(fitted.since(0, 24, true) ? graph.abs(matrix) : matrix, [1], true),
  };
  const norm = norms[fitted.text("norm")]?.();
  if (norm === undefined) throw fitted.unsupportedValue("norm");
  return graph.div(matrix, graph.where(graph.equal(norm, graph.float64(0)), graph.float64(1), norm));
});

export const binarizer: Handler = sameWidth(({ graph }, fitted, matrix) =>
  graph.cast(graph.greater(matrix, graph.float64(fitted.number("threshold"))), "float64"),
);

/** What undoes a scaler, for targets that were transformed: y to y. */
export function inverseScaler({ graph }: Drawing, fitted: Fitted, value: Value): Value | undefined {
  const row = (attribute: string) => graph.float64(fitted.floats(attribute));
  switch (fitted.name) {
    case "StandardScaler": {
      const scaled = fitted.boolean("with_std", true) ? graph.mul(value, row("scale_")) : value;
      return fitted.boolean("with_mean", true) ? graph.add(scaled, row("mean_")) : scaled;
    }
    case "MinMaxScaler":
      return graph.div(graph.sub(value, row("min_")), row("scale_"));
    case "MaxAbsScaler":
      return graph.mul(value, row("scale_"));
    case "RobustScaler": {
      const scaled = fitted.boolean("with_scaling", true) ? graph.mul(value, row("scale_")) : value;
      return fitted.boolean("with_centering", true) ? graph.add(scaled, row("center_")) : scaled;
    }
    default:
      return undefined;
  }
}
