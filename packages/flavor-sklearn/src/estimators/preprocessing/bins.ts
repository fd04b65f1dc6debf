import { Tensor } from "@modelkeep/core";

import { asNumbers } from "../../fitted/python-value.js";
import { searchSorted } from "../../graph/maths.js";
import { joinRows, MatrixRows, type Rows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

export const kBinsDiscretizer: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const lists = fitted.list("bin_edges_");
    const edges = lists.map((list, column) => {
      const numbers = asNumbers(list)?.data;
      if (numbers === undefined || numbers.length < 2)
        throw fitted.wrong("bin_edges_", `has no edges for column ${column}`);
      return numbers;
    });
    const matrix = rows.matrix(edges.length);
    const inner = edges.map((list) => list.subarray(1, -1));
    const old = !fitted.since(1, 1, true);
    const bins = searchSorted(graph, old ? nudged(matrix) : matrix, inner);
    const encode = fitted.text("encode");
    if (encode === "ordinal") return new MatrixRows(graph, graph.cast(bins, "float64"), edges.length);
    if (encode !== "onehot" && encode !== "onehot-dense") throw fitted.unsupportedValue("encode");
    const parts = edges.map((list, column): Rows => {
      const count = list.length - 1;
      const table = new Float64Array(count * count);
      for (let bin = 0; bin < count; bin++) table[bin * count + bin] = 1;
      const index = graph.gather(bins, graph.int64(column), 1);
      return new MatrixRows(
        graph,
        graph.gather(graph.constant(new Tensor("float64", [count, count], table)), index),
        count,
      );
    });
    return joinRows(graph, parts);

    /** Before 1.1 a value just below an edge was counted as on it: within 1e-8 + 1e-5 |x|. */
    function nudged(x: string): string {
      const margin = graph.add(graph.float64(1e-8), graph.mul(graph.float64(1e-5), graph.abs(x)));
      return graph.add(x, margin);
    }
  },
};
