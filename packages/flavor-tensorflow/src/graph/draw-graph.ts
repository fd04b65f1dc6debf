import { type DType, type Dimension, isDType, isModelkeepError, ModelkeepError } from "@modelkeep/core";
import type { GraphBuilder } from "@modelkeep/onnx";
import type { SignatureTensor } from "@modelkeep/savedmodel";

import { operators } from "../operators/registry.js";
import type { Obstacles } from "../refusal.js";
import { Drawing } from "./drawing.js";
import type { Drawn } from "./drawn.js";
import type { FlatNode, Reference } from "./flatten.js";
import type { Resources } from "./resources.js";
import type { Shape } from "./sizes.js";

export interface DrawOptions {
  readonly signature: string;
  readonly nodes: readonly FlatNode[];
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly { readonly name: string; readonly reference: Reference }[];
  readonly resources: Resources;
  readonly obstacles: Obstacles;
}

const tables = /^(MutableHashTable|HashTable)(V2)?$/;
/** ONNX Runtime computes little with others. */
const computable: ReadonlySet<DType> = new Set([
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

/** Draws all nodes; then throws one refusal for everything that stood in the way. */
export async function drawGraph(builder: GraphBuilder, options: DrawOptions): Promise<void> {
  const { obstacles } = options;
  const drawn = new Map<FlatNode, readonly Drawn[] | undefined>();
  const named = new Map(options.inputs.map((input) => [input.tensor.replace(/:0$/, ""), input]));
  const inputs = new Map(options.inputs.map((input) => [input, declareInput(builder, input)]));
  for (const node of options.nodes) {
    const input = named.get(node.name);
    drawn.set(node, input === undefined ? await drawNode(builder, node, drawn, options) : [inputs.get(input)!]);
  }
  if (obstacles.any) throw obstacles.refusal(options.signature);
  for (const { name, reference } of options.outputs) {
    const result = drawn.get(reference.node)?.[reference.output];
    if (result === undefined) throw malformed(reference.node, `has no output ${reference.output}`);
    if (result.shape === undefined)
      throw new ModelkeepError("unsupported", `[tensorflow] The output ${name} has an unknown number of dimensions`);
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

/** undefined for what stands in the way, and all that follows from it. */
async function drawNode(
  builder: GraphBuilder,
  node: FlatNode,
  drawn: ReadonlyMap<FlatNode, readonly Drawn[] | undefined>,
  { resources, obstacles }: DrawOptions,
): Promise<readonly Drawn[] | undefined> {
  const { operator, name } = node;
  try {
    if (operator === "VarHandleOp" || operator === "VariableV2") {
      const tensor = await resources.variable(node);
      return [{ dtype: tensor.dtype, shape: tensor.shape, tensor }];
    }
    if (tables.test(operator)) return [{ dtype: "int64", shape: [], table: await resources.table(node) }];
    const handler = operators.get(operator);
    if (handler === undefined) {
      obstacles.add(operator, name);
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
    const result = handler(new Drawing(builder, node, inputs));
    const list = Array.isArray(result) ? (result as readonly Drawn[]) : [result as Drawn];
    const odd = list.find(({ dtype }) => !computable.has(dtype));
    if (odd !== undefined) throw new ModelkeepError("unsupported", `is of ${odd.dtype}`);
    return list;
  } catch (error) {
    if (isModelkeepError(error, "unsupported")) {
      obstacles.add(operator, name, error.message);
      return undefined;
    }
    // Numbers from the file that no operator can have: a size below zero, a shape that does not fit its values.
    if (error instanceof RangeError || error instanceof TypeError || isModelkeepError(error, "invalid_input"))
      throw malformed(node, `cannot be: ${error.message}`, error);
    throw error;
  }
}

function malformed({ name, operator }: FlatNode, what: string, cause?: unknown): ModelkeepError {
  return new ModelkeepError("malformed", `[tensorflow] The node ${JSON.stringify(name)} (${operator}) ${what}`, {
    cause,
  });
}
