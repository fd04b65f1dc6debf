import type { GraphAttribute, GraphNode } from "@modelkeep/savedmodel";

import { malformedGraph } from "../refusal.js";

/** Operators that the converter made of several, and what each was at first. */
const fused: ReadonlyMap<string, string> = new Map([
  ["_FusedConv2D", "Conv2D"],
  ["_FusedMatMul", "MatMul"],
  ["FusedDepthwiseConv2dNative", "DepthwiseConv2dNative"],
]);

/** A fused node as the nodes that it stands for; any other as it is. The last one has the name. */
export function unfused(node: GraphNode, inFunction: boolean): readonly GraphNode[] {
  const operator = fused.get(node.operator);
  if (operator === undefined) return [node];
  const steps = node.attributes.get("fused_ops")?.texts ?? [];
  const [x, y, ...rest] = node.inputs.filter((input) => !input.startsWith("^"));
  if (x === undefined || y === undefined)
    throw malformedGraph(`has the node ${JSON.stringify(node.name)} (${node.operator}) without two inputs`);
  // What must have run before stays with the first.
  const before = node.inputs.filter((input) => input.startsWith("^"));
  const parts = [{ operator, inputs: [x, y, ...before] as readonly string[], attributes: node.attributes }];
  for (const step of steps) {
    const more = step === "BiasAdd" || step === "Prelu" ? rest.shift() : undefined;
    if (more === undefined && (step === "BiasAdd" || step === "Prelu"))
      throw malformedGraph(`has the node ${JSON.stringify(node.name)} (${node.operator}) without an input for ${step}`);
    parts.push({ operator: step, inputs: more === undefined ? [] : [more], attributes: attributesFor(step, node) });
  }
  const nameAt = (index: number) => (index === parts.length - 1 ? node.name : `${node.name}/fused/${index}`);
  return parts.map(({ operator: own, inputs, attributes }, index) => {
    const name = nameAt(index);
    // Within functions an output is named with its node.
    const previous = index === 0 ? [] : [inFunction ? `${nameAt(index - 1)}:output:0` : nameAt(index - 1)];
    return { name, operator: own, inputs: [...previous, ...inputs], attributes };
  });
}

function attributesFor(step: string, { attributes }: GraphNode): ReadonlyMap<string, GraphAttribute> {
  const own = new Map<string, GraphAttribute>();
  const [format, alpha] = [attributes.get("data_format"), attributes.get("leakyrelu_alpha")];
  if (step === "BiasAdd" && format !== undefined) own.set("data_format", format);
  if (step === "LeakyRelu" && alpha !== undefined) own.set("alpha", alpha);
  return own;
}
