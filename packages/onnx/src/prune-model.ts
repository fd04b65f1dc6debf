import type { OnnxGraph, OnnxModel, OnnxNode } from "./model.js";

/** The model without nodes and constants that none of its outputs needs. Inputs stay. */
export function pruneModel(model: OnnxModel): OnnxModel {
  const graph = model.graph!;
  const needed = new Set(graph.output.map((output) => output.name!));
  const node: OnnxNode[] = [];
  // A node comes after what it reads: one walk from the end finds all that is needed.
  for (const each of graph.node.toReversed()) {
    if (!each.output.some((output) => needed.has(output))) continue;
    node.push(each);
    for (const input of each.input) needed.add(input);
    for (const attribute of each.attribute) if (attribute.g !== undefined) addOuter(attribute.g, needed);
  }
  const initializer = graph.initializer.filter((tensor) => needed.has(tensor.name!));
  const domains = new Set(node.map((each) => each.domain ?? ""));
  const opsetImport = model.opsetImport.filter((opset) => opset.domain === "" || domains.has(opset.domain ?? ""));
  return { ...model, opsetImport, graph: { ...graph, node: node.toReversed(), initializer } };
}

/** Names that a graph within the graph reads; its own are among them, which does no harm. */
function addOuter(graph: OnnxGraph, needed: Set<string>): void {
  for (const node of graph.node) {
    for (const input of node.input) needed.add(input);
    for (const attribute of node.attribute) if (attribute.g !== undefined) addOuter(attribute.g, needed);
  }
  for (const output of graph.output) needed.add(output.name!);
}
