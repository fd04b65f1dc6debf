import type {
  OnnxAttribute,
  OnnxFunction,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxSparseTensor,
  OnnxTensor,
} from "./model.js";

type Change = (tensor: OnnxTensor) => OnnxTensor;

/** A copy of the model with each tensor changed, wherever it is; everything else is shared. */
export function mapTensors(model: OnnxModel, change: Change): OnnxModel {
  const { graph, functions } = model;
  return {
    ...model,
    ...(graph === undefined ? {} : { graph: mapGraph(graph, change) }),
    ...(functions === undefined ? {} : { functions: functions.map((each) => mapFunction(each, change)) }),
  };
}

function mapFunction(each: OnnxFunction, change: Change): OnnxFunction {
  const { attributeProto } = each;
  return {
    ...each,
    node: mapNodes(each.node, change),
    ...(attributeProto === undefined
      ? {}
      : { attributeProto: attributeProto.map((attribute) => mapAttribute(attribute, change)) }),
  };
}

function mapGraph(graph: OnnxGraph, change: Change): OnnxGraph {
  const { sparseInitializer } = graph;
  return {
    ...graph,
    node: mapNodes(graph.node, change),
    initializer: graph.initializer.map(change),
    ...(sparseInitializer === undefined
      ? {}
      : { sparseInitializer: sparseInitializer.map((each) => mapSparse(each, change)) }),
  };
}

function mapNodes(nodes: readonly OnnxNode[], change: Change): readonly OnnxNode[] {
  return nodes.map((node) =>
    node.attribute.some(holdsTensors)
      ? { ...node, attribute: node.attribute.map((each) => mapAttribute(each, change)) }
      : node,
  );
}

function holdsTensors({ t, g, tensors, graphs, sparseTensor, sparseTensors }: OnnxAttribute): boolean {
  return [t, g, tensors, graphs, sparseTensor, sparseTensors].some((each) => each !== undefined);
}

function mapAttribute(attribute: OnnxAttribute, change: Change): OnnxAttribute {
  const { t, g, tensors, graphs, sparseTensor, sparseTensors } = attribute;
  return {
    ...attribute,
    ...(t === undefined ? {} : { t: change(t) }),
    ...(g === undefined ? {} : { g: mapGraph(g, change) }),
    ...(tensors === undefined ? {} : { tensors: tensors.map(change) }),
    ...(graphs === undefined ? {} : { graphs: graphs.map((graph) => mapGraph(graph, change)) }),
    ...(sparseTensor === undefined ? {} : { sparseTensor: mapSparse(sparseTensor, change) }),
    ...(sparseTensors === undefined ? {} : { sparseTensors: sparseTensors.map((each) => mapSparse(each, change)) }),
  };
}

function mapSparse(sparse: OnnxSparseTensor, change: Change): OnnxSparseTensor {
  const { values, indices } = sparse;
  return {
    ...sparse,
    ...(values === undefined ? {} : { values: change(values) }),
    ...(indices === undefined ? {} : { indices: change(indices) }),
  };
}
