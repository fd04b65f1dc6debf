import type { KernelFactory, KernelTable, NodeReader } from "../kernel.js";
import { toValue, type Value } from "../value.js";

function valueOf(node: NodeReader): Value {
  const tensor = node.tensor("value");
  if (tensor !== undefined) return toValue(tensor);
  const floats = node.floats("value_floats");
  if (floats !== undefined) return { dtype: "float32", shape: [floats.length], data: floats };
  const ints = node.ints("value_ints");
  if (ints !== undefined) return { dtype: "int64", shape: [ints.length], data: Float64Array.from(ints) };
  const texts = node.texts("value_strings");
  if (texts !== undefined) return { dtype: "string", shape: [texts.length], data: texts };
  if (node.has("value_float"))
    return { dtype: "float32", shape: [], data: Float32Array.of(node.float("value_float", 0)) };
  if (node.has("value_int")) return { dtype: "int64", shape: [], data: Float64Array.of(node.int("value_int", 0)) };
  const text = node.text("value_string");
  if (text !== undefined) return { dtype: "string", shape: [], data: [text] };
  throw node.fault("has no value that can be computed with");
}

const constant: KernelFactory = (node) => {
  const value = [valueOf(node)];
  return () => value;
};

export const constants: KernelTable = { Constant: constant };
