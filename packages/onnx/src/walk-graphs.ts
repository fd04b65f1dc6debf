import { ModelkeepError } from "@modelkeep/core";

import type { OnnxAttribute, OnnxGraph, OnnxModel, OnnxNode, OnnxTensor } from "./model.js";

/** Nodes of the graph, of graphs within attributes, of functions and of training graphs: each once, without recursion. */
export function* allNodes(model: OnnxModel): Generator<OnnxNode> {
  for (const graph of allGraphs(model)) yield* graph.node;
  for (const each of model.functions ?? []) yield* each.node;
}

/** Every graph: the main one first, then those within attributes. */
export function* allGraphs(model: OnnxModel): Generator<OnnxGraph> {
  const open: OnnxGraph[] = [];
  const enter = (nodes: readonly OnnxNode[]) => {
    for (const node of nodes) for (const attribute of node.attribute) open.push(...graphsOf(attribute));
    if (open.length > 1_000_000) throw new ModelkeepError("limit_exceeded", "The ONNX model has too many graphs");
  };
  if (model.graph !== undefined) open.push(model.graph);
  for (const each of model.trainingInfo ?? []) {
    if (each.initialization !== undefined) open.push(each.initialization);
    if (each.algorithm !== undefined) open.push(each.algorithm);
  }
  for (const each of model.functions ?? []) {
    enter(each.node);
    for (const attribute of each.attributeProto ?? []) open.push(...graphsOf(attribute));
  }
  for (let at = 0; at < open.length; at++) {
    const graph = open[at]!;
    yield graph;
    enter(graph.node);
  }
}

/** Initializers and the tensors in attributes, wherever they are. */
export function* allTensors(model: OnnxModel): Generator<OnnxTensor> {
  for (const graph of allGraphs(model)) {
    yield* graph.initializer;
    for (const sparse of graph.sparseInitializer ?? []) yield* sparseParts(sparse);
  }
  for (const node of allNodes(model)) for (const attribute of node.attribute) yield* tensorsOf(attribute);
  for (const each of model.functions ?? [])
    for (const attribute of each.attributeProto ?? []) yield* tensorsOf(attribute);
}

export function graphsOf(attribute: OnnxAttribute): readonly OnnxGraph[] {
  return [...(attribute.g === undefined ? [] : [attribute.g]), ...(attribute.graphs ?? [])];
}

export function tensorsOf(attribute: OnnxAttribute): readonly OnnxTensor[] {
  const sparse = [
    ...(attribute.sparseTensor === undefined ? [] : [attribute.sparseTensor]),
    ...(attribute.sparseTensors ?? []),
  ];
  return [
    ...(attribute.t === undefined ? [] : [attribute.t]),
    ...(attribute.tensors ?? []),
    ...sparse.flatMap(sparseParts),
  ];
}

function sparseParts(sparse: { readonly values?: OnnxTensor; readonly indices?: OnnxTensor }): OnnxTensor[] {
  return [sparse.values, sparse.indices].filter((each) => each !== undefined);
}
