import { type DType, isModelkeepError, ModelkeepError } from "@modelkeep/core";
import type { GraphBuilder } from "@modelkeep/onnx";

import type { Handler } from "../operators/handler.js";
import { operators } from "../operators/registry.js";
import type { DrawContext, DrawnNodes } from "./draw-context.js";
import { drawCondition, isCondition } from "./draw-condition.js";
import { drawLoop, isLoop } from "./draw-loop.js";
import { Drawing } from "./drawing.js";
import type { Drawn } from "./drawn.js";
import type { FlatNode } from "./flatten.js";

/** ONNX Runtime computes little with others. */
export const computable: ReadonlySet<DType> = new Set<DType>([
  "float32",
  "float64",
  "int8",
  "int16",
  "int32",
  "int64",
  "uint8",
  "uint16",
  "uint32",
  "uint64",
  "bool",
  "string",
]);

/** Draws the nodes that are not drawn yet, in their order. */
export function drawNodes(
  builder: GraphBuilder,
  nodes: readonly FlatNode[],
  drawn: DrawnNodes,
  context: DrawContext,
): void {
  for (const node of nodes) if (!drawn.has(node)) drawn.set(node, drawNode(builder, node, drawn, context));
}

function drawNode(
  builder: GraphBuilder,
  node: FlatNode,
  drawn: ReadonlyMap<FlatNode, readonly Drawn[] | undefined>,
  context: DrawContext,
): readonly Drawn[] | undefined {
  const { operator, name } = node;
  const handler = operators.get(operator) ?? controlOf(node, context);
  if (handler === undefined) {
    context.obstacles.add(operator, name);
    return undefined;
  }
  const inputs: Drawn[] = [];
  for (const { node: from, output } of node.inputs) {
    const list = drawn.get(from);
    if (list === undefined) return undefined;
    const input = list[output];
    if (input === undefined)
      throw malformed(node, `reads the output ${output} of ${from.name} (${from.operator}), which has none`);
    inputs.push(input);
  }
  try {
    const drawing = new Drawing(builder, node, inputs);
    const result = handler(drawing);
    const list = Array.isArray(result) ? (result as readonly Drawn[]) : [result as Drawn];
    const odd = list.find(({ dtype }) => !computable.has(dtype));
    if (odd !== undefined) throw drawing.refuse(`is of ${odd.dtype}`);
    return list;
  } catch (error) {
    // Numbers from the file that no operator can have: a size below zero, a shape that does not fit its values.
    if (error instanceof RangeError || error instanceof TypeError || isModelkeepError(error, "invalid_input"))
      throw malformed(node, `cannot be: ${error.message}`, error);
    if (!isModelkeepError(error, "unsupported")) throw error;
    context.obstacles.add(operator, name, error.message);
    return undefined;
  }
}

/** Operators that run functions. */
function controlOf(node: FlatNode, context: DrawContext): Handler | undefined {
  if (isLoop(node)) return (drawing) => drawLoop(drawing, context);
  return isCondition(node) ? (drawing) => drawCondition(drawing, context) : undefined;
}

function malformed({ name, operator }: FlatNode, what: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `[tensorflow] The node ${JSON.stringify(name)} (${operator}) ${what}`, {
    cause,
  });
}
