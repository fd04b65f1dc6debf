import type { Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import type { Drawing } from "../../graph/drawing.js";
import { squaredDistances } from "../../graph/maths.js";
import { MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

function drawSquares(drawing: Drawing, fitted: Fitted, rows: Rows): { squares: Value; count: number } {
  const centres = fitted.array("cluster_centers_", [undefined, undefined]);
  const [count, columns] = centres.shape as [number, number];
  drawing.bounded();
  return {
    squares: squaredDistances(drawing.graph, rows.matrix(columns), { data: centres.data, rows: count, columns }),
    count,
  };
}

/** Labels, and as a transformer the distance to each centre. */
export const kMeans: Handler = {
  predict: (drawing, fitted, rows) => ({
    kind: "clusterer",
    label: drawing.graph.argmin(drawSquares(drawing, fitted, rows).squares),
  }),
  transform(drawing, fitted, rows) {
    const { squares, count } = drawSquares(drawing, fitted, rows);
    return new MatrixRows(drawing.graph, drawing.graph.sqrt(squares), count);
  },
  showsTransform: true,
};
