import type { GraphBuilder, Value } from "@modelkeep/onnx";

import type { Fitted } from "../../fitted/fitted.js";
import { asEntries } from "../../fitted/python-value.js";
import type { Drawing } from "../../graph/drawing.js";
import { expit, expm1, log1p } from "../../graph/maths.js";
import { MatrixRows } from "../../graph/rows.js";
import type { Handler } from "../handler.js";

type Draw = (graph: GraphBuilder, x: Value) => Value;

/** NumPy's functions of one array. Those marked are the same to the last bit. */
const functions = new Map<string, { readonly draw: Draw; readonly exact?: true }>([
  ["log1p", { draw: log1p }],
  ["expm1", { draw: expm1 }],
  ["log", { draw: (graph, x) => graph.log(x) }],
  ["log2", { draw: (graph, x) => graph.div(graph.log(x), graph.float64(Math.LN2)) }],
  ["log10", { draw: (graph, x) => graph.div(graph.log(x), graph.float64(Math.LN10)) }],
  ["exp", { draw: (graph, x) => graph.exp(x) }],
  ["exp2", { draw: (graph, x) => graph.pow(graph.float64(2), x) }],
  ["sqrt", { draw: (graph, x) => graph.sqrt(x), exact: true }],
  ["cbrt", { draw: (graph, x) => graph.mul(graph.sign(x), graph.pow(graph.abs(x), graph.float64(1 / 3))) }],
  ["square", { draw: (graph, x) => graph.mul(x, x), exact: true }],
  ["absolute", { draw: (graph, x) => graph.abs(x), exact: true }],
  ["fabs", { draw: (graph, x) => graph.abs(x), exact: true }],
  ["negative", { draw: (graph, x) => graph.neg(x), exact: true }],
  ["positive", { draw: (_graph, x) => x, exact: true }],
  ["reciprocal", { draw: (graph, x) => graph.div(graph.float64(1), x), exact: true }],
  ["sign", { draw: (graph, x) => graph.sign(x), exact: true }],
  ["floor", { draw: (graph, x) => graph.floor(x), exact: true }],
  ["ceil", { draw: (graph, x) => graph.apply("Ceil", [x]), exact: true }],
  ["rint", { draw: (graph, x) => graph.apply("Round", [x]), exact: true }],
  ["sin", { draw: (graph, x) => graph.apply("Sin", [x]) }],
  ["cos", { draw: (graph, x) => graph.apply("Cos", [x]) }],
  ["tan", { draw: (graph, x) => graph.div(graph.apply("Sin", [x]), graph.apply("Cos", [x])) }],
  ["tanh", { draw: (graph, x) => graph.tanh(x) }],
  ["deg2rad", { draw: (graph, x) => graph.mul(x, graph.float64(Math.PI / 180)), exact: true }],
  ["radians", { draw: (graph, x) => graph.mul(x, graph.float64(Math.PI / 180)), exact: true }],
  ["rad2deg", { draw: (graph, x) => graph.mul(x, graph.float64(180 / Math.PI)), exact: true }],
  ["degrees", { draw: (graph, x) => graph.mul(x, graph.float64(180 / Math.PI)), exact: true }],
  ["expit", { draw: expit }],
]);

/** Applies the function that an attribute names, or nothing for None; `unsupported` for one that is not in the table. */
export function applyFunction(drawing: Drawing, fitted: Fitted, attribute: string, x: Value): Value {
  const name = fitted.functionName(attribute);
  if (name === undefined) return x;
  const known = isNumerical(name) ? functions.get(name.split(".").at(-1)!) : undefined;
  if (known === undefined) {
    const list = [...functions.keys()].join(", ");
    throw fitted.unsupported(
      attribute,
      `its ${attribute} is ${name}, which has no ONNX form here; those of NumPy that have: ${list}`,
    );
  }
  if (known.exact !== true) drawing.bounded();
  return known.draw(drawing.graph, x);
}

function isNumerical(name: string): boolean {
  return (
    /^numpy(\.(core|_core)(\.[_a-z]+)?)?\.[a-z0-9]+$/u.test(name) || /^scipy\.special(\.[_a-z]+)?\.expit$/u.test(name)
  );
}

export const functionTransformer: Handler = {
  transform(drawing, fitted, rows) {
    if (fitted.functionName("func") === undefined) return rows;
    if ((asEntries(fitted.raw("kw_args")) ?? []).length > 0)
      throw fitted.unsupported("kw_args", "its function takes further arguments, which has no ONNX form here");
    return new MatrixRows(drawing.graph, applyFunction(drawing, fitted, "func", rows.matrix()), rows.width);
  },
};
