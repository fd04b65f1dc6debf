import type { DType } from "@modelkeep/core";
import type { OnnxGraph } from "@modelkeep/onnx";

import type { DrawContext } from "./draw-context.js";
import { drawFunction, forWithin, functionOf, innerContext } from "./draw-function.js";
import { Drawing } from "./drawing.js";
import type { Drawn } from "./drawn.js";
import type { FlatNode } from "./flatten.js";
import type { Shape } from "./sizes.js";

export function isCondition({ operator }: FlatNode): boolean {
  return operator === "If" || operator === "StatelessIf";
}

/** One of two functions, as ONNX's If; or the one alone where it is known which. */
export function drawCondition(d: Drawing, context: DrawContext): readonly Drawn[] {
  const inner = innerContext(d, context);
  const [condition, ...given] = d.inputs as [Drawn, ...Drawn[]];
  const { dtype, tensor } = condition;
  if (dtype === "string" || d.rankOf(condition) !== 0)
    throw d.refuse(`asks for ${dtype} of ${d.rankOf(condition)} dimensions`);
  const count = d.node.attributes.get("Tout")?.types?.length ?? 0;
  const [yes, no] = ["then_branch", "else_branch"].map((name) => functionOf(d, context, name, given.length, count));
  if (tensor !== undefined) {
    const known = drawFunction(d, d.graph, Number(tensor.data[0]) === 0 ? no! : yes!, given, inner);
    if (known === undefined) throw d.refuse("has something in the way within it");
    return known;
  }
  const branches = [yes!, no!].map((each) => {
    const graph = d.graph.nested("branch");
    return {
      graph,
      results: drawFunction(
        d,
        graph,
        each,
        given.map((outside) => forWithin(d, outside)),
        inner,
      ),
    };
  });
  const [first, second] = branches.map(({ results }) => results);
  if (first === undefined || second === undefined) throw d.refuse("has something in the way within it");
  const merged = first.map((each, index) => mergedOf(d, each, second[index]!));
  const [then_branch, else_branch] = branches.map(({ graph, results }): OnnxGraph => {
    const inside = new Drawing(graph, d.node, []);
    for (const each of results!) graph.output(graph.fresh("result"), inside.draw(each), each.dtype, each.shape ?? []);
    return graph.graph();
  });
  const asked = dtype === "bool" ? d.draw(condition) : d.graph.cast(d.draw(condition), "bool");
  const values = d.graph.op("", "If", [asked], { then_branch, else_branch }, { outputs: count });
  return values.map((value, index) => d.result(value, merged[index]!.shape, merged[index]!.dtype));
}

/** What holds for both. */
function mergedOf(d: Drawing, a: Drawn, b: Drawn): { readonly shape: Shape; readonly dtype: DType } {
  if (a.dtype !== b.dtype || [a, b].some(({ list, table }) => (list ?? table) !== undefined))
    throw d.refuse("gives values of different kinds");
  const [left, right] = [d.shapeOf(a), d.shapeOf(b)];
  if (left.length !== right.length) throw d.refuse("gives values of different numbers of dimensions");
  return { dtype: a.dtype, shape: left.map((size, axis) => (size === right[axis] ? size : null)) };
}
