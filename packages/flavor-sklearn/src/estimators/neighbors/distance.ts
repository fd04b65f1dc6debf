import type { Value } from "@modelkeep/onnx";

import { denseArray } from "../../fitted/dense.js";
import type { Fitted } from "../../fitted/fitted.js";
import { asEntries, asScalar } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { sumOverColumns } from "../../graph/maths.js";
import type { Rows } from "../../graph/rows.js";

/** Distances from each row to each point of the training data, `[batch, points]`, and those points. */
export function drawDistances(drawing: Drawing, fitted: Fitted, rows: Rows): { distances: Value; points: number } {
  const { graph } = drawing;
  const data = denseArray(fitted, "_fit_X", [undefined, undefined]);
  const [points, columns] = data.shape as [number, number];
  const matrix = rows.matrix(columns);
  const source = { data: data.data, rows: points, columns };
  const sum = (term: (difference: Value, column: number) => Value, join?: (a: Value, b: Value) => Value) =>
    sumOverColumns(graph, matrix, source, term, join);
  const metric = fitted.text(fitted.either("effective_metric_", "metric"));
  const power = metric === "minkowski" ? minkowskiPower(fitted) : undefined;
  if (metric === "euclidean" || metric === "l2" || power === 2)
    return { distances: graph.sqrt(sum((difference) => graph.mul(difference, difference))), points };
  if (metric === "manhattan" || metric === "l1" || metric === "cityblock" || power === 1)
    return { distances: sum((difference) => graph.abs(difference)), points };
  if (metric === "chebyshev" || power === Number.POSITIVE_INFINITY)
    return { distances: sum((difference) => graph.abs(difference), graph.max), points };
  if (metric === "sqeuclidean") return { distances: sum((difference) => graph.mul(difference, difference)), points };
  if (power === undefined) throw fitted.unsupportedValue("effective_metric_");
  drawing.bounded();
  const powered = sum((difference) => graph.pow(graph.abs(difference), graph.float64(power)));
  return { distances: graph.pow(powered, graph.float64(1 / power)), points };
}

function minkowskiPower(fitted: Fitted): number {
  const parameters = new Map(asEntries(fitted.raw("effective_metric_params_")) ?? []);
  if ((parameters.get("w") ?? null) !== null)
    throw fitted.unsupported("effective_metric_params_", "it weighs the columns, which has no ONNX form here");
  const power = asScalar(parameters.get("p")) ?? fitted.number("p");
  if (typeof power === "number" && power > 0) return power;
  throw fitted.wrong("p", `is ${String(power)}`);
}
