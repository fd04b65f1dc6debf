import type { Signature } from "@modelkeep/core";
import type {
  OnnxAttribute,
  OnnxGraph,
  OnnxModel,
  OnnxNode,
  OnnxTensor,
  OnnxType,
  OnnxValueInfo,
} from "@modelkeep/onnx";
import { dataTypeOf } from "@modelkeep/onnx";

const float32 = dataTypeOf("float32");
const float64 = dataTypeOf("float64");

/**
 * The model in single precision. Thresholds of trees are rounded down, so that a float32 input takes the same way as
 * before; all other numbers are rounded to the nearest.
 */
export function toFloat32(model: OnnxModel, signature: Signature): { model: OnnxModel; signature: Signature } {
  const specs = (list: Signature["inputs"]) =>
    list.map((spec) => (spec.dtype === "float64" ? { ...spec, dtype: "float32" as const } : spec));
  return {
    model: { ...model, graph: graphToFloat32(model.graph!) },
    signature: { inputs: specs(signature.inputs), outputs: specs(signature.outputs) },
  };
}

function graphToFloat32(graph: OnnxGraph): OnnxGraph {
  return {
    ...graph,
    node: graph.node.map(nodeToFloat32),
    initializer: graph.initializer.map((tensor) => tensorToFloat32(tensor)),
    input: graph.input.map(valueToFloat32),
    output: graph.output.map(valueToFloat32),
  };
}

function nodeToFloat32(node: OnnxNode): OnnxNode {
  // Of a tree that asks "x <= t" a float32 x finds the same answer for the largest float32 that is not above t.
  const down = node.opType === "TreeEnsemble";
  return { ...node, attribute: node.attribute.map((attribute) => attributeToFloat32(attribute, node, down)) };
}

function attributeToFloat32(attribute: OnnxAttribute, node: OnnxNode, down: boolean): OnnxAttribute {
  if (node.opType === "Cast" && attribute.name === "to" && attribute.i === BigInt(float64))
    return { ...attribute, i: BigInt(float32) };
  if (attribute.t !== undefined)
    return { ...attribute, t: tensorToFloat32(attribute.t, down && attribute.name === "nodes_splits") };
  return attribute.g === undefined ? attribute : { ...attribute, g: graphToFloat32(attribute.g) };
}

function tensorToFloat32(tensor: OnnxTensor, down = false): OnnxTensor {
  if (tensor.dataType !== float64 || tensor.rawData === undefined) return tensor;
  const bytes = new Uint8Array(tensor.rawData);
  const values = new Float64Array(bytes.buffer, 0, bytes.byteLength / 8);
  const rounded = Float32Array.from(values);
  if (down)
    for (let at = 0; at < rounded.length; at++) if (rounded[at]! > values[at]!) rounded[at] = below(rounded[at]!);
  return { ...tensor, dataType: float32, rawData: new Uint8Array(rounded.buffer) };
}

/** The next float32 below a finite one. */
function below(value: number): number {
  const float = Float32Array.of(value);
  const bits = new Int32Array(float.buffer);
  if (value === 0) bits[0] = -0x7fffffff;
  else bits[0]! += value > 0 ? -1 : 1;
  return float[0]!;
}

function valueToFloat32(value: OnnxValueInfo): OnnxValueInfo {
  const tensorType = value.type?.tensorType;
  if (tensorType?.elemType !== float64) return value;
  const type: OnnxType = { ...value.type, tensorType: { ...tensorType, elemType: float32 } };
  return { ...value, type };
}
