import type { GraphBuilder } from "@modelkeep/onnx";

import type { DrawContext, DrawnNodes } from "./draw-context.js";
import type { Drawing } from "./drawing.js";
import type { Drawn } from "./drawn.js";
import type { FlatFunction } from "./flatten.js";

const deepest = 4;

/** For the functions of a loop or a condition. */
export function innerContext(d: Drawing, context: DrawContext): DrawContext {
  if (context.depth >= deepest) throw d.refuse(`stands within ${deepest} other loops or conditions`);
  return { ...context, depth: context.depth + 1 };
}

/** A function that an attribute of the node names. */
export function functionOf(
  d: Drawing,
  { flattener }: DrawContext,
  attribute: string,
  parameters: number,
  results: number,
): FlatFunction {
  const found = flattener.body(d.node.attributes.get(attribute)?.function ?? "", `${d.node.name}/${attribute}`);
  if (found.parameters.length !== parameters || found.results.length !== results)
    throw d.malformed(
      `has a ${attribute} from ${found.parameters.length} values to ${found.results.length}, not from ${parameters} to ${results}`,
    );
  return found;
}

/**
 * What a graph within this one may read: everything a value of this graph, and each a copy, so that what the inner graph
 * makes of it (with channels first, say) is not taken for this graph's.
 */
export function forWithin(d: Drawing, drawn: Drawn): Drawn {
  const { list, table } = drawn;
  if (table !== undefined) return drawn;
  if (list !== undefined)
    return { ...drawn, list: { ...list, ...(list.stacked && { stacked: forWithin(d, list.stacked) }) } };
  d.draw(drawn);
  return { ...drawn };
}

/** undefined where something is in the way. */
export function drawFunction(
  d: Drawing,
  graph: GraphBuilder,
  { parameters, nodes, results }: FlatFunction,
  given: readonly Drawn[] | undefined,
  context: DrawContext,
): readonly Drawn[] | undefined {
  if (given === undefined) return undefined;
  const drawn: DrawnNodes = new Map(parameters.map((each, index) => [each, [given[index]!]]));
  context.drawNodes(graph, nodes, drawn, context);
  const all = results.map(({ node, output }) => {
    const list = drawn.get(node);
    if (list !== undefined && list[output] === undefined)
      throw d.malformed(`has a result that ${node.name} does not give`);
    return list?.[output];
  });
  return all.every((each) => each !== undefined) ? all : undefined;
}
