import { type GraphBuilder, graphBuilder, type OnnxGraph, type Value } from "@modelkeep/onnx";

/**
 * Class probabilities from those of each pair, by the iteration of libsvm (Wu, Lin, Weng: Probability Estimates for
 * Multi-class Classification by Pairwise Coupling, 2004, algorithm 2): row by row until the error is below 0.005 / k, at
 * most max(100, k) times. A closed form would differ in the third digit.
 *
 * `pairs` is `[batch, k (k - 1) / 2]`: the probability of the lower class against the higher one.
 */
export function couplePairs(graph: GraphBuilder, pairs: Value, k: number): Value {
  const table = pairTable(graph, pairs, k);
  const start = graph.expand(graph.float64(1 / k), graph.concat([batchOf(graph, pairs), graph.int64([k])], 0));
  const active = graph.expand(graph.bools([true], [1, 1]), graph.concat([batchOf(graph, pairs), graph.int64([1])], 0));
  const inputs = [graph.int64(Math.max(100, k)), graph.bools(true), start, active, table];
  return graph.op("", "Loop", inputs, { body: iteration(k) }, { outputs: 3 })[0]!;
}

function batchOf(graph: GraphBuilder, matrix: Value): Value {
  return graph.slice(graph.shape(matrix), [0], [1], [0]);
}

/** Q of the paper, `[batch, k, k]`: on the diagonal the sum of squares of a class's losses, elsewhere -r_ji r_ij. */
function pairTable(graph: GraphBuilder, pairs: Value, k: number): Value {
  const opposite = graph.sub(graph.float64(1), pairs);
  const both = graph.concat([pairs, opposite], 1);
  const count = (k * (k - 1)) / 2;
  // r[i][j] of each row: the index of its column in `both`.
  const place = (i: number, j: number): number => {
    const [low, high] = i < j ? [i, j] : [j, i];
    return low * k - (low * (low + 1)) / 2 + (high - low - 1) + (i < j ? 0 : count);
  };
  const squares = graph.mul(both, both);
  const rows: Value[] = [];
  for (let t = 0; t < k; t++) {
    for (let j = 0; j < k; j++) {
      if (t !== j) {
        const [a, b] = [column(graph, both, place(j, t)), column(graph, both, place(t, j))];
        rows.push(graph.mul(graph.neg(a), b));
        continue;
      }
      let sum: Value | undefined;
      for (let other = 0; other < k; other++) {
        if (other === t) continue;
        const square = column(graph, squares, place(other, t));
        sum = sum === undefined ? square : graph.add(sum, square);
      }
      rows.push(sum!);
    }
  }
  return graph.reshape(graph.concat(rows, 1), [-1, k, k]);
}

function column(graph: GraphBuilder, matrix: Value, index: number): Value {
  return graph.slice(matrix, [index], [index + 1], [1]);
}

/** One pass over the classes for all rows; those that have converged stay as they are. */
function iteration(k: number): OnnxGraph {
  const graph = graphBuilder({ name: "coupling" });
  graph.input("iteration", "int64", []);
  graph.input("condition", "bool", []);
  const p = graph.input("probabilities", "float64", ["batch", k]);
  const before = graph.input("active", "bool", ["batch", 1]);
  const table = graph.input("table", "float64", ["batch", k, k]);
  let products = graph.squeeze(graph.matmul(table, graph.unsqueeze(p, [2])), [2]);
  let total = graph.reduceSum(graph.mul(p, products), [1], true);
  const error = graph.reduceMax(graph.abs(graph.sub(products, total)), [1], true);
  const active = graph.and(before, graph.greaterOrEqual(error, graph.float64(0.005 / k)));
  let next = p;
  for (let t = 0; t < k; t++) {
    const row = graph.squeeze(graph.slice(table, [t], [t + 1], [1]), [1]);
    const diagonal = column(graph, row, t);
    const product = column(graph, products, t);
    const step = graph.div(graph.sub(total, product), diagonal);
    const unit = graph.float64(
      Array.from({ length: k }, (_, index) => (index === t ? 1 : 0)),
      [1, k],
    );
    const scale = graph.add(graph.float64(1), step);
    const change = graph.add(graph.mul(step, diagonal), graph.mul(graph.float64(2), product));
    total = graph.div(graph.div(graph.add(total, graph.mul(step, change)), scale), scale);
    products = graph.div(graph.add(products, graph.mul(step, row)), scale);
    next = graph.div(graph.add(next, graph.mul(step, unit)), scale);
  }
  const any = graph.greater(graph.reduceMax(graph.cast(active, "int64"), [0, 1]), graph.int64(0));
  graph.output("continue", any, "bool", []);
  graph.output("next_probabilities", graph.where(active, next, p), "float64", ["batch", k]);
  graph.output("next_active", active, "bool", ["batch", 1]);
  graph.output("next_table", graph.identity(table), "float64", ["batch", k, k]);
  return withPrefix(graph.graph(), "coupling.");
}

/** Names within a graph must differ from those of the graph around it. */
function withPrefix(graph: OnnxGraph, prefix: string): OnnxGraph {
  const named = <T extends { readonly name?: string }>(value: T): T => ({ ...value, name: `${prefix}${value.name!}` });
  const each = (names: readonly string[]) => names.map((name) => (name === "" ? "" : `${prefix}${name}`));
  return {
    ...graph,
    node: graph.node.map((node) => ({ ...named(node), input: each(node.input), output: each(node.output) })),
    initializer: graph.initializer.map(named),
    input: graph.input.map(named),
    output: graph.output.map(named),
  };
}
