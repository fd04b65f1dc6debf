import type { GraphBuilder, Tree, Value } from "@modelkeep/onnx";

/** Functions that ONNX lacks or has in single precision only, from operators that run in double. */

/** log(1 + x), precise for small x: by W. Kahan's quotient. */
export function log1p(graph: GraphBuilder, x: Value): Value {
  const one = graph.float64(1);
  const u = graph.add(x, one);
  const precise = graph.div(graph.mul(graph.log(u), x), graph.sub(u, one));
  // At 1 + x = 1 the quotient is 0/0, at infinity the same; there x itself, or log x, is the answer.
  const finite = graph.less(graph.abs(u), graph.float64(Number.POSITIVE_INFINITY));
  return graph.where(graph.equal(u, one), x, graph.where(finite, precise, graph.log(u)));
}

/** exp(x) - 1, precise for small x. */
export function expm1(graph: GraphBuilder, x: Value): Value {
  const one = graph.float64(1);
  const u = graph.exp(x);
  const difference = graph.sub(u, one);
  const precise = graph.div(graph.mul(difference, x), graph.log(u));
  const ordinary = graph.and(
    graph.greater(u, graph.float64(0)),
    graph.less(u, graph.float64(Number.POSITIVE_INFINITY)),
  );
  return graph.where(graph.equal(u, one), x, graph.where(ordinary, precise, difference));
}

/** 1 / (1 + exp(-x)). */
export function expit(graph: GraphBuilder, x: Value): Value {
  const one = graph.float64(1);
  return graph.div(one, graph.add(one, graph.exp(graph.neg(x))));
}

/** `[batch, 2]` from the probability of the second class, `[batch, 1]`. */
export function twoClasses(graph: GraphBuilder, positive: Value): Value {
  return graph.concat([graph.sub(graph.float64(1), positive), positive], 1);
}

/** exp over its sum in each row, the largest subtracted first. */
export function softmax(graph: GraphBuilder, x: Value): Value {
  const shifted = graph.exp(graph.sub(x, graph.reduceMax(x, [1], true)));
  return graph.div(shifted, graph.reduceSum(shifted, [1], true));
}

/** exp(x - log(sum(exp(x)))) in each row. */
export function logSoftmaxExp(graph: GraphBuilder, x: Value): Value {
  const largest = graph.reduceMax(x, [1], true);
  const logSum = graph.add(graph.log(graph.reduceSum(graph.exp(graph.sub(x, largest)), [1], true)), largest);
  return graph.exp(graph.sub(x, logSum));
}

/**
 * For each column of `[batch, columns]` the number of its edges (ascending) that are at most x ("right"), or below x
 * ("left"), as int64: what numpy.searchsorted gives. By balanced trees, so a row costs the logarithm of the edges. NaN: 0.
 */
export function searchSorted(
  graph: GraphBuilder,
  matrix: Value,
  edges: readonly ArrayLike<number>[],
  side: "left" | "right" = "right",
): Value {
  const counts: number[][] = [];
  const trees = edges.map((list, column) => {
    const { tree, count } = bisectionTree(list, column);
    counts.push(count);
    return tree;
  });
  const found = graph.treeEnsemble(matrix, {
    trees,
    targets: edges.length,
    mode: side === "right" ? ">=" : ">",
    leaf: (tree, node) => ({ target: tree, weight: counts[tree]![node]! }),
  });
  return graph.cast(found, "int64");
}

/** Inner nodes ask "x >= edge"; a leaf holds how many edges that was true for. */
function bisectionTree(edges: ArrayLike<number>, column: number): { tree: Tree; count: number[] } {
  const feature: number[] = [];
  const threshold: number[] = [];
  const left: number[] = [];
  const right: number[] = [];
  const count: number[] = [];
  const add = (): number => {
    feature.push(column);
    threshold.push(0);
    left.push(-1);
    right.push(-1);
    return count.push(0) - 1;
  };
  const open: [node: number, low: number, high: number][] = [[add(), 0, edges.length]];
  for (let item = open.pop(); item !== undefined; item = open.pop()) {
    const [node, low, high] = item;
    if (low === high) {
      count[node] = low;
      continue;
    }
    const middle = (low + high) >> 1;
    threshold[node] = edges[middle]!;
    const [whenTrue, whenFalse] = [add(), add()];
    left[node] = whenTrue;
    right[node] = whenFalse;
    open.push([whenTrue, middle + 1, high], [whenFalse, low, middle]);
  }
  return { tree: { feature, threshold, left, right }, count };
}

/**
 * numpy.interp for each column of `[batch, columns]`: straight lines between the points, the first and last value outside
 * of them. Points ascend. NaN stays NaN.
 */
export function interpolate(
  graph: GraphBuilder,
  matrix: Value,
  points: readonly { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> }[],
): Value {
  const below = searchSorted(
    graph,
    matrix,
    points.map((each) => each.x),
  );
  // One table for all columns: an entry for each count of points at or below x, with the line that is valid there.
  const [origins, slopes, heights, starts]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (const { x, y } of points) {
    starts.push(origins.length);
    const last = x.length - 1;
    for (let count = 0; count <= x.length; count++) {
      const at = count - 1;
      const inside = count > 0 && at < last;
      origins.push(inside ? x[at]! : 0);
      slopes.push(inside ? (y[at + 1]! - y[at]!) / (x[at + 1]! - x[at]!) : 0);
      heights.push(inside ? y[at]! : count === 0 ? y[0]! : y[last]!);
    }
  }
  const entry = graph.add(below, graph.int64(starts));
  const pick = (table: readonly number[]) => graph.gather(graph.float64(table), entry);
  const slope = pick(slopes);
  const rise = graph.mul(slope, graph.sub(matrix, pick(origins)));
  // A slope of 0 would turn an infinite x into NaN.
  const flat = graph.equal(slope, graph.float64(0));
  const nan = graph.isNaN(matrix);
  return graph.where(nan, matrix, graph.add(graph.where(flat, graph.float64(0), rise), pick(heights)));
}

/** Squared or other sums over columns, in their order: `[batch, points]` from rows and constant points. */
export function sumOverColumns(
  graph: GraphBuilder,
  matrix: Value,
  points: { readonly data: Float64Array; readonly rows: number; readonly columns: number },
  term: (difference: Value, column: number) => Value,
  join: (a: Value, b: Value) => Value = graph.add,
): Value {
  const { data, rows, columns } = points;
  let sum: Value | undefined;
  for (let column = 0; column < columns; column++) {
    const values = Float64Array.from({ length: rows }, (_, row) => data[row * columns + column]!);
    const x = columns === 1 ? matrix : graph.gather(matrix, graph.int64([column]), 1);
    const each = term(graph.sub(x, graph.float64(values, [1, rows])), column);
    sum = sum === undefined ? each : join(sum, each);
  }
  return sum!;
}

/** Squared distances between rows and points, summed column by column as loops do. */
export function squaredDistances(
  graph: GraphBuilder,
  matrix: Value,
  points: { readonly data: Float64Array; readonly rows: number; readonly columns: number },
): Value {
  return sumOverColumns(graph, matrix, points, (difference) => graph.mul(difference, difference));
}
