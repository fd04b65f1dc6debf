import type { GraphBuilder, Value } from "@modelkeep/onnx";

import { log1p } from "../../graph/maths.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

export const powerTransformer: Handler = {
  transform(drawing, fitted, rows) {
    const { graph } = drawing;
    const lambdas = fitted.floats("lambdas_");
    const matrix = new MatrixRows(graph, rows.matrix(lambdas.length), lambdas.length);
    const method = fitted.text("method");
    const draw = method === "box-cox" ? boxCox : method === "yeo-johnson" ? yeoJohnson : undefined;
    if (draw === undefined) throw fitted.unsupportedValue("method");
    drawing.bounded();
    const columns = Array.from(lambdas, (lambda, column) => draw(graph, matrix.column(column, "number"), lambda));
    const powered = new MatrixRows(graph, graph.concat(columns, 1), lambdas.length);
    return fitted.boolean("standardize") ? drawing.transform(fitted.estimator("_scaler", "scaler"), powered) : powered;
  },
};

function boxCox(graph: GraphBuilder, x: Value, lambda: number): Value {
  if (lambda === 0) return graph.log(x);
  const l = graph.float64(lambda);
  return graph.div(graph.sub(graph.pow(x, l), graph.float64(1)), l);
}

function yeoJohnson(graph: GraphBuilder, x: Value, lambda: number): Value {
  if (Number.isNaN(lambda)) return x;
  const [zero, one] = [graph.float64(0), graph.float64(1)];
  const positive = graph.greaterOrEqual(x, zero);
  // Each branch sees numbers of its own sign only: the other's could be outside of what its functions are defined for.
  const up = graph.where(positive, x, zero);
  const down = graph.where(positive, zero, graph.neg(x));
  const power = (base: Value, exponent: number): Value =>
    graph.div(graph.sub(graph.pow(graph.add(base, one), graph.float64(exponent)), one), graph.float64(exponent));
  const smallest = 2 ** -52;
  const above = Math.abs(lambda) < smallest ? log1p(graph, up) : power(up, lambda);
  const below = Math.abs(lambda - 2) > smallest ? power(down, 2 - lambda) : log1p(graph, down);
  return graph.where(graph.isNaN(x), x, graph.where(positive, above, graph.neg(below)));
}

/** From transformed values back, for targets. */
export function inversePower(graph: GraphBuilder, y: Value, lambda: number, method: string): Value {
  const [zero, one] = [graph.float64(0), graph.float64(1)];
  const root = (base: Value, exponent: number) =>
    graph.pow(graph.add(graph.mul(base, graph.float64(exponent)), one), graph.float64(1 / exponent));
  if (method === "box-cox") return lambda === 0 ? graph.exp(y) : root(y, lambda);
  const positive = graph.greaterOrEqual(y, zero);
  const up = graph.where(positive, y, zero);
  const down = graph.where(positive, zero, graph.neg(y));
  const above = Math.abs(lambda) < 2 ** -52 ? graph.sub(graph.exp(up), one) : graph.sub(root(up, lambda), one);
  const below =
    Math.abs(lambda - 2) > 2 ** -52 ? graph.sub(one, root(down, 2 - lambda)) : graph.sub(one, graph.exp(down));
  return graph.where(positive, above, below);
}
