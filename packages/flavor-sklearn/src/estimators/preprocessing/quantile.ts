import { interpolate } from "../../graph/maths.js";
import { normalQuantile, smallestShare } from "../../graph/normal-quantile.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

/** Values closer than this to the ends count as the ends: for the normal distribution, and before 0.21 for both. */
const margin = 1e-7;

export const quantileTransformer: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const references = fitted.floats("references_");
    const quantiles = fitted.array("quantiles_", [references.length, undefined]);
    const columns = quantiles.shape[1]!;
    if (references.length < 1) throw fitted.wrong("references_", "is empty");
    const matrix = rows.matrix(columns);
    drawing.bounded();
    const lists = Array.from({ length: columns }, (_, column) =>
      Float64Array.from(references, (__, at) => quantiles.data[at * columns + column]!),
    );
    const forth = lists.map((x) => ({ x, y: references }));
    const back = lists.map((x) => ({ x: opposite(x), y: opposite(references) }));
    // The mean of both directions: where quantiles repeat, the middle of the step.
    const rising = interpolate(graph, matrix, forth);
    const falling = interpolate(graph, graph.neg(matrix), back);
    const share = graph.mul(graph.float64(0.5), graph.sub(rising, falling));
    const lowest = graph.float64(lists.map((list) => list[0]!));
    const highest = graph.float64(lists.map((list) => list.at(-1)!));
    const normal = fitted.text("output_distribution") === "normal";
    if (!normal && fitted.text("output_distribution") !== "uniform")
      throw fitted.unsupportedValue("output_distribution");
    const near = normal || !fitted.since(0, 21, true);
    const low = near ? graph.less(graph.sub(matrix, graph.float64(margin)), lowest) : graph.equal(matrix, lowest);
    const high = near ? graph.greater(graph.add(matrix, graph.float64(margin)), highest) : graph.equal(matrix, highest);
    const bounded = graph.where(low, graph.float64(0), graph.where(high, graph.float64(1), share));
    const clipped = graph.clip(bounded, graph.float64(smallestShare), graph.float64(1 - smallestShare));
    if (!normal) return new MatrixRows(graph, near ? clipped : bounded, columns);
    const shares = graph.where(graph.isNaN(matrix), graph.float64(0.5), clipped);
    const value = graph.where(graph.isNaN(matrix), matrix, normalQuantile(graph, shares));
    return new MatrixRows(graph, value, columns);
  },
};

function opposite(values: Float64Array): Float64Array {
  return values.map((value) => -value).reverse();
}
