import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";
import { applyFunction } from "../preprocessing/functions.js";
import { inversePower } from "../preprocessing/power.js";
import { inverseScaler } from "../preprocessing/scalers.js";
import { namedParts } from "./pipeline.js";

/** A regressor of a transformed target, and the way back. */
export const transformedTarget: Handler = {
  predict(drawing, fitted, rows) {
    const { graph } = drawing;
    const regressor = fitted.estimator("regressor_", "regressor");
    const { value, valueWidth = 0 } = drawing.predict(regressor, rows);
    if (value === undefined) throw drawing.cannot(regressor, "predict");
    const column = valueWidth === 0 ? graph.unsqueeze(value, [1]) : value;
    const back = undo(drawing, fitted.estimator("transformer_", "target"), column, Math.max(1, valueWidth));
    const flat = fitted.count("_training_dim", valueWidth === 0 ? 1 : 2) === 1;
    return flat
      ? { kind: "regressor", value: graph.squeeze(back, [1]), valueWidth: 0 }
      : { kind: "regressor", value: back, valueWidth: Math.max(1, valueWidth) };
  },
};

/** inverse_transform of `[batch, width]`. */
function undo(drawing: Drawing, transformer: Fitted, value: Value, width: number): Value {
  const { graph } = drawing;
  if (transformer.name === "FunctionTransformer") return applyFunction(drawing, transformer, "inverse_func", value);
  if (transformer.name === "Pipeline") {
    return namedParts(transformer, "steps").reduceRight(
      (current, part) =>
        undo(drawing, transformer.child(part.value, `step ${JSON.stringify(part.name)}`, "steps"), current, width),
      value,
    );
  }
  if (transformer.name === "PowerTransformer") {
    drawing.bounded();
    const scaled = transformer.boolean("standardize")
      ? undo(drawing, transformer.estimator("_scaler", "scaler"), value, width)
      : value;
    const lambdas = transformer.floats("lambdas_", width);
    const rows = new MatrixRows(graph, scaled, width);
    const columns = Array.from(lambdas, (lambda, column) =>
      inversePower(graph, rows.column(column, "number"), lambda, transformer.text("method")),
    );
    return columns.length === 1 ? columns[0]! : graph.concat(columns, 1);
  }
  const scaled = inverseScaler(drawing, transformer, value);
  if (scaled !== undefined) return scaled;
  throw transformer.unsupported("class", `the way back through a ${transformer.name} has no ONNX form here`);
}
