import { dangerOf, type Graph, type ServingSignature } from "@modelkeep/savedmodel";

import type { Obstacles } from "../refusal.js";
import { type FlatNode, Flattener } from "./flatten.js";

/** What changes the model while it predicts: without it the predictions would be others. */
const changes =
  /^(Assign.*Variable.*|Assign|AssignAdd|AssignSub|Resource(Apply|Scatter|SparseApply).*|LookupTable(Insert|Remove|Import).*|.*Enqueue.*|.*Dequeue.*)$/;

/** What would happen beside predicting: noted where it can be left out, in the way where it can't. */
export function effectsOf(graph: Graph, signature: ServingSignature, obstacles: Obstacles): string[] {
  const flattener = new Flattener(graph, { effects: true });
  for (const { tensor } of signature.outputs) flattener.value(tensor);
  const left = new Map<string, string>();
  let checks = 0;
  for (const { operator, name } of withBodies(graph, flattener.nodes)) {
    if (changes.test(operator)) obstacles.add(operator, name, "changes what the model holds while it predicts");
    if (operator === "Assert") checks++;
    const danger = dangerOf(operator);
    if (danger !== undefined) left.set(operator, danger);
  }
  return [
    ...(checks > 0 ? [`Checks of the inputs that TensorFlow makes are left out: ${checks}`] : []),
    ...Array.from(left, ([operator, danger]) => `${operator} ${danger}: left out, as far as no output needs it`),
  ];
}

interface Named {
  readonly operator: string;
  readonly name: string;
}

/** With the nodes of functions that other operators than calls run: loops and conditions. */
function withBodies(graph: Graph, nodes: readonly FlatNode[]): Named[] {
  const all: Named[] = [];
  const seen = new Set<string>();
  const waiting: { readonly name: string; readonly operator: string; readonly attributes: FlatNode["attributes"] }[] = [
    ...nodes,
  ];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    all.push(next);
    for (const { function: name } of next.attributes.values()) {
      if (name === undefined || seen.has(name)) continue;
      seen.add(name);
      for (const node of graph.functions.get(name)?.nodes.values() ?? []) waiting.push(node);
    }
  }
  return all;
}
