import { Tensor } from "@modelkeep/core";
import { evaluator, type GraphBuilder, graphBuilder, type Value } from "@modelkeep/onnx";
import { describe, expect, test } from "vitest";

import { expm1, interpolate, log1p, searchSorted, squaredDistances } from "./maths.js";
import { normalQuantile } from "./normal-quantile.js";

const [NaN_, Infinity_] = [Number.NaN, Number.POSITIVE_INFINITY];

/** What a part of a graph makes of rows. */
function apply(rows: readonly (readonly number[])[], draw: (graph: GraphBuilder, x: Value) => Value): number[] {
  const width = rows[0]!.length;
  const graph = graphBuilder();
  const x = graph.input("x", "float64", ["batch", width]);
  graph.output("y", graph.cast(draw(graph, x), "float64"), "float64", ["batch", null]);
  const input = new Tensor("float64", [rows.length, width], Float64Array.from(rows.flat()));
  return [
    ...(evaluator(graph.build())
      .run(new Map([["x", input]]))
      .get("y")!.data as Float64Array),
  ];
}

const column = (values: readonly number[]) => values.map((value) => [value]);

test("log1p and expm1 keep the digits of small numbers", () => {
  const values = [0, 1e-20, -1e-10, 0.5, -0.5, 3, 1e300, Infinity_];
  for (const [draw, exact] of [
    [log1p, Math.log1p],
    [expm1, Math.expm1],
  ] as const) {
    apply(column(values), draw).forEach((y, index) => {
      const wanted = exact(values[index]!);
      expect(y === wanted || Math.abs(y - wanted) <= 4e-16 * Math.abs(wanted), `${values[index]}: ${y}`).toBe(true);
    });
  }
});

describe("searchSorted", () => {
  const rows = [
    [0, 5],
    [1, 1],
    [2.5, -Infinity_],
    [Infinity_, NaN_],
  ];
  const edges = [
    [1, 1, 2],
    [1, 5],
  ];

  test("counts edges at or below", () => {
    expect(apply(rows, (graph, x) => searchSorted(graph, x, edges))).toEqual([0, 2, 2, 1, 3, 0, 3, 0]);
  });

  test("counts edges below", () => {
    expect(apply(rows, (graph, x) => searchSorted(graph, x, edges, "left"))).toEqual([0, 1, 0, 0, 3, 0, 3, 0]);
  });
});

test("interpolate is flat outside, takes the last of repeated points, and keeps NaN", () => {
  const points = [{ x: [0, 1, 1, 3], y: [10, 20, 40, 0] }];
  const values = [-5, 0, 0.5, 1, 2, 3, 9, Infinity_, NaN_];
  expect(apply(column(values), (graph, x) => interpolate(graph, x, points))).toEqual([
    10,
    10,
    15,
    40,
    20,
    0,
    0,
    0,
    NaN_,
  ]);
});

test("squaredDistances adds up columns in their order", () => {
  const points = { data: Float64Array.of(0, 0, 3, 4), rows: 2, columns: 2 };
  expect(apply([[3, 4]], (graph, x) => squaredDistances(graph, x, points))).toEqual([25, 0]);
});

test("normalQuantile agrees with tables", () => {
  // From mpmath: sqrt(2) erfinv(2 p - 1) with 30 digits.
  const wanted = new Map([
    [0.5, 0],
    [0.975, 1.959963984540054],
    [0.025, -1.959963984540054],
    [1e-7, -5.199337582192817],
    [0.1353, -1.1016801487],
  ]);
  apply(column([...wanted.keys()]), normalQuantile).forEach((y, index) => {
    const digits = index === 4 ? 3 : 12;
    expect(y).toBeCloseTo([...wanted.values()][index]!, digits);
  });
});
