import { type Dimension, isDType, ModelkeepError } from "@modelkeep/core";
import type { GraphBuilder } from "@modelkeep/onnx";
import type { SignatureTensor } from "@modelkeep/savedmodel";

import type { Obstacles } from "../refusal.js";
import type { DrawContext, DrawnNodes } from "./draw-context.js";
import { computable, drawNodes } from "./draw-nodes.js";
import { Drawing } from "./drawing.js";
import type { Drawn } from "./drawn.js";
import type { FlatNode, Flattener, Reference } from "./flatten.js";
import type { Resources } from "./resources.js";
import type { Shape } from "./sizes.js";

export interface DrawOptions {
  readonly signature: string;
  readonly flattener: Flattener;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly { readonly name: string; readonly reference: Reference }[];
  readonly resources: Resources;
  readonly obstacles: Obstacles;
}

/** Draws all nodes; then throws one refusal for everything that stood in the way. */
export async function drawGraph(builder: GraphBuilder, options: DrawOptions): Promise<void> {
  const { obstacles, flattener, resources } = options;
  const context: DrawContext = { obstacles, flattener, depth: 0, drawNodes };
  const named = new Map(options.inputs.map((input) => [input.tensor.replace(/:0$/, ""), input]));
  const inputs = new Map(options.inputs.map((input) => [input, declareInput(builder, input)]));
  const drawn: DrawnNodes = new Map();
  for (const node of flattener.nodes) {
    const input = named.get(node.name);
    if (input !== undefined) drawn.set(node, [inputs.get(input)!]);
    else if (isResource(node)) drawn.set(node, await obstacles.around(node, () => resourceOf(node, resources)));
  }
  drawNodes(builder, flattener.nodes, drawn, context);
  if (obstacles.any) throw obstacles.refusal(options.signature);
  for (const { name, reference } of options.outputs) {
    const result = drawn.get(reference.node)?.[reference.output];
    if (result === undefined) {
      const { name: node, operator } = reference.node;
      throw new ModelkeepError(
        "malformed",
        `[tensorflow] The node ${JSON.stringify(node)} (${operator}) has no output ${reference.output}`,
      );
    }
    if (result.shape === undefined || result.list !== undefined)
      throw new ModelkeepError(
        "unsupported",
        `[tensorflow] The output ${name} has an unknown number of dimensions, or is no tensor`,
      );
    const drawing = new Drawing(builder, reference.node, []);
    builder.output(name, drawing.draw(result), result.dtype, result.shape);
  }
}

function declareInput(builder: GraphBuilder, { name, dtype, shape }: SignatureTensor): Drawn {
  if (!isDType(dtype) || !computable.has(dtype))
    throw new ModelkeepError("unsupported", `[tensorflow] The input ${name} is of ${dtype}, which is not converted`);
  if (shape === undefined)
    throw new ModelkeepError(
      "unsupported",
      `[tensorflow] The input ${name} has an unknown number of dimensions: export the model with an input shape`,
    );
  const sizes: Shape = shape.map((size, axis): Dimension => size ?? (axis === 0 ? "batch" : `${name}_${axis}`));
  return { dtype, shape: sizes, value: builder.input(name, dtype, sizes) };
}

const tables = /^(MutableHashTable|HashTable)(V2)?$/;

function isResource({ operator }: FlatNode): boolean {
  return operator === "VarHandleOp" || tables.test(operator);
}

/** A variable stands for its value. */
async function resourceOf(node: FlatNode, resources: Resources): Promise<readonly Drawn[]> {
  if (tables.test(node.operator)) return [{ dtype: "int64", shape: [], table: await resources.table(node) }];
  const tensor = await resources.variable(node);
  return [{ dtype: tensor.dtype, shape: tensor.shape, tensor }];
}
