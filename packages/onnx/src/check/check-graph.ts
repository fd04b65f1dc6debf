import { dtypeOf } from "../data-type.js";
import type { OnnxGraph, OnnxNode, OnnxType, OnnxValueInfo } from "../model.js";
import { graphsOf } from "../walk-graphs.js";
import { checkAttribute } from "./check-attribute.js";
import { checkSparseTensor, checkTensor } from "./check-tensor.js";
import { type GraphContext, Scope } from "./context.js";
import { type Faults, quote } from "./faults.js";

export function checkGraph(graph: OnnxGraph, where: string, context: GraphContext, outer?: Scope): void {
  const { faults } = context;
  const scope = new Scope(outer);
  if ((graph.name ?? "") === "") faults.add(where, "has no name");
  for (const input of graph.input) {
    checkValue(input, `${where}, input ${quote(input.name)}`, faults, outer === undefined);
    if (!scope.add(input.name ?? "")) faults.add(where, `has the input ${quote(input.name)} twice`);
  }
  const inputs = new Set(graph.input.map((input) => input.name));
  const initializers = new Set<string>();
  const initializer = (name: string) => {
    if (name === "") faults.add(where, "has an initializer without a name");
    if (initializers.has(name)) faults.add(where, `has the initializer ${quote(name)} twice`);
    initializers.add(name);
    scope.add(name);
    if (context.irVersion < 4 && !inputs.has(name))
      faults.add(where, `has the initializer ${quote(name)}, which is no input, as it must be before IR version 4`);
  };
  for (const tensor of graph.initializer) {
    initializer(tensor.name ?? "");
    checkTensor(tensor, `${where}, initializer ${quote(tensor.name)}`, context);
  }
  for (const sparse of graph.sparseInitializer ?? []) {
    initializer(sparse.values?.name ?? "");
    checkSparseTensor(sparse, `${where}, sparse initializer ${quote(sparse.values?.name)}`, context);
  }
  checkNodes(graph.node, where, context, scope);
  const outputs = new Set<string>();
  for (const output of graph.output) {
    const name = output.name ?? "";
    checkValue(output, `${where}, output ${quote(name)}`, faults, outer === undefined);
    if (outputs.has(name)) faults.add(where, `has the output ${quote(name)} twice`);
    outputs.add(name);
    if (!scope.has(name)) faults.add(where, `has the output ${quote(name)}, which nothing computes`);
  }
}

/** Nodes in order: each uses only what is there before it, and no name is computed twice. */
export function checkNodes(nodes: readonly OnnxNode[], where: string, context: GraphContext, scope: Scope): void {
  const { faults } = context;
  for (const [index, node] of nodes.entries()) {
    const { opType = "", domain = "" } = node;
    const at = `${where}, node ${index} (${opType || "no operator"}${node.name === undefined ? "" : ` ${quote(node.name)}`})`;
    if (opType === "") faults.add(at, "names no operator");
    const home = domain === "ai.onnx" ? "" : domain;
    if (!context.opsets.has(home) && !context.functions.has(home))
      faults.add(at, `is of ${domain || "ai.onnx"}, which the model does not import`);
    for (const input of node.input)
      if (input !== "" && !scope.has(input)) faults.add(at, `uses ${quote(input)}, which nothing before it computes`);
    const attributes = new Set<string>();
    for (const attribute of node.attribute) {
      if (attributes.has(attribute.name ?? "")) faults.add(at, `has the attribute ${quote(attribute.name)} twice`);
      attributes.add(attribute.name ?? "");
      checkAttribute(attribute, at, context);
      for (const graph of graphsOf(attribute))
        checkGraph(graph, `${at}, graph ${quote(attribute.name)}`, context, scope);
    }
    for (const output of node.output) {
      if (output === "") continue;
      if (scope.has(output)) faults.add(at, `computes ${quote(output)}, which is there already`);
      scope.add(output);
    }
  }
}

function checkValue(value: OnnxValueInfo, where: string, faults: Faults, typed: boolean): void {
  if ((value.name ?? "") === "") faults.add(where, "has no name");
  if (value.type === undefined) {
    if (typed) faults.add(where, "has no type");
    return;
  }
  checkType(value.type, where, faults);
}

function checkType(outermost: OnnxType, where: string, faults: Faults): void {
  for (let type: OnnxType | undefined = outermost; type !== undefined;) {
    const { tensorType, sparseTensorType, sequenceType, optionalType, mapType, opaqueType }: OnnxType = type;
    const kinds = [tensorType, sparseTensorType, sequenceType, optionalType, mapType, opaqueType];
    const set = kinds.filter((each) => each !== undefined).length;
    if (set > 1) faults.add(where, "has more than one type");
    const tensor = tensorType ?? sparseTensorType;
    if (tensor !== undefined) {
      if (dtypeOf(tensor.elemType) === undefined)
        faults.add(where, `has the unknown element type ${tensor.elemType ?? 0}`);
      for (const dim of tensor.shape?.dim ?? []) {
        if (dim.dimValue !== undefined && dim.dimParam !== undefined)
          faults.add(where, "has a dimension with both a value and a name");
      }
    }
    if (mapType !== undefined && dtypeOf(mapType.keyType) === undefined)
      faults.add(where, `has the unknown key type ${mapType.keyType ?? 0}`);
    type = sequenceType?.elemType ?? optionalType?.elemType ?? mapType?.valueType;
  }
}
