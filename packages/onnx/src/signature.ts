import { type Dimension, ModelkeepError, type Signature, type TensorSpec } from "@modelkeep/core";

import { dtypeOf } from "./data-type.js";
import type { OnnxGraph, OnnxType, OnnxValueInfo } from "./model.js";
import { readValueMetadata } from "./value-metadata.js";

/** Inputs that a caller must give and outputs, as far as they are tensors; the rest is told by `otherValues`. */
export function graphSignature(graph: OnnxGraph): Signature {
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  const specs = (values: readonly OnnxValueInfo[]) => values.map(tensorSpec).filter((spec) => spec !== undefined);
  return { inputs: specs(graph.input.filter((value) => !constants.has(value.name))), outputs: specs(graph.output) };
}

/** Inputs and outputs that are no tensors, with what they are: "output_probability: sequence(map(int64, tensor(float32)))". */
export function otherValues(
  graph: OnnxGraph,
): readonly { readonly name: string; readonly kind: "input" | "output"; readonly type: string }[] {
  const list = (kind: "input" | "output", values: readonly OnnxValueInfo[]) =>
    values
      .filter((value) => tensorSpec(value) === undefined)
      .map((value) => ({ name: value.name ?? "", kind, type: describeType(value.type) }));
  return [...list("input", graph.input), ...list("output", graph.output)];
}

function tensorSpec(value: OnnxValueInfo): TensorSpec | undefined {
  const optional = value.type?.optionalType?.elemType;
  const tensor = (optional ?? value.type)?.tensorType;
  const dtype = dtypeOf(tensor?.elemType);
  if (dtype === undefined || value.name === undefined) return undefined;
  // A signature has no word for an unknown rank: the inspector reports it.
  const shape = (tensor?.shape?.dim ?? []).map((dim): Dimension => {
    if (dim.dimValue !== undefined) return dim.dimValue >= 0 ? dim.dimValue : null;
    return dim.dimParam === undefined || dim.dimParam === "" ? null : dim.dimParam;
  });
  return {
    name: value.name,
    dtype,
    shape,
    ...readValueMetadata(value),
    ...(optional === undefined ? {} : { optional: true }),
    ...(value.docString === undefined || value.docString === "" ? {} : { description: value.docString }),
  };
}

/** In the notation of ONNX: "tensor(float64)[batch, 4]", "map(string, tensor(float32))". */
export function describeType(type: OnnxType | undefined, depth = 0): string {
  if (type === undefined || depth > 20) return "unknown";
  if (type.tensorType !== undefined) return `tensor(${dtypeOf(type.tensorType.elemType) ?? "unknown"})`;
  if (type.sparseTensorType !== undefined)
    return `sparse_tensor(${dtypeOf(type.sparseTensorType.elemType) ?? "unknown"})`;
  if (type.sequenceType !== undefined) return `sequence(${describeType(type.sequenceType.elemType, depth + 1)})`;
  if (type.optionalType !== undefined) return `optional(${describeType(type.optionalType.elemType, depth + 1)})`;
  if (type.mapType !== undefined)
    return `map(${dtypeOf(type.mapType.keyType) ?? "unknown"}, ${describeType(type.mapType.valueType, depth + 1)})`;
  if (type.opaqueType !== undefined) return `opaque(${type.opaqueType.domain ?? ""}, ${type.opaqueType.name ?? ""})`;
  return "unknown";
}

/** The graph, or `malformed` for a model that has none. */
export function mainGraph(model: { readonly graph?: OnnxGraph }): OnnxGraph {
  if (model.graph === undefined) throw new ModelkeepError("malformed", "The ONNX model has no graph");
  return model.graph;
}
