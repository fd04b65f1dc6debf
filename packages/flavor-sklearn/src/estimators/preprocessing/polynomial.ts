import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

export const polynomialFeatures: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const features = rows.width ?? fitted.count(fitted.either("n_features_in_", "n_input_features_"));
    const matrix = new MatrixRows(graph, rows.matrix(features), features);
    const [low, high] = degrees(fitted);
    const interaction = fitted.boolean("interaction_only");
    const blocks: Value[] = [];
    // scikit-learn multiplies a column with the products of one degree less: the same products here, in the same order.
    if (fitted.boolean("include_bias")) blocks.push(ones(drawing.graph, matrix));
    let width = fitted.boolean("include_bias") ? 1 : 0;
    let starts = Array.from({ length: features + 1 }, (_, column) => column);
    let current: Value = matrix.value;
    for (let degree = 1; degree <= high; degree++) {
      if (degree > 1) {
        const next: Value[] = [];
        const nextStarts = [0];
        const end = starts[features]!;
        for (let column = 0; column < features; column++) {
          const from = starts[interaction ? column + 1 : column]!;
          const count = end - from;
          if (count > 0)
            next.push(graph.mul(graph.slice(current, [from], [end], [1]), matrix.column(column, "number")));
          nextStarts.push(nextStarts[column]! + Math.max(0, count));
        }
        if (next.length === 0) break;
        starts = nextStarts;
        if (starts[features]! > mostColumns)
          throw fitted.unsupported("degree", `it makes more than ${mostColumns} columns of ${features}`);
        current = next.length === 1 ? next[0]! : graph.concat(next, 1);
      }
      if (degree < low) continue;
      blocks.push(current);
      width += starts[features]!;
    }
    if (blocks.length === 0) throw fitted.unsupported("degree", "it makes no columns at all");
    return new MatrixRows(graph, blocks.length === 1 ? blocks[0]! : graph.concat(blocks, 1), width);
  },
};

const mostColumns = 1_000_000;

function degrees(fitted: Fitted): [low: number, high: number] {
  const range = fitted.scalarsOf(fitted.raw("degree")!);
  const [low, high] = range?.length === 2 ? range.map(Number) : [0, fitted.count("degree")];
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high) || low! < 0 || high! > 64)
    throw fitted.unsupportedValue("degree");
  return [Math.max(1, low!), high!];
}

function ones(graph: MatrixRows["graph"], rows: MatrixRows): Value {
  const batch = graph.slice(graph.shape(rows.value), [0], [1], [0]);
  return graph.expand(graph.float64(1), graph.concat([batch, graph.int64([1])], 0));
}
