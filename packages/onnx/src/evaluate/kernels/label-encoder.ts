import type { DType } from "@modelkeep/core";

import { given, type KernelFactory, type KernelTable, type NodeReader } from "../kernel.js";
import { toValue, type Value, zeros } from "../value.js";

/** ai.onnx.ml LabelEncoder, versions 2 to 4: lists by type as attributes, or tensors. */
const labelEncoder: KernelFactory = (node) => {
  const keys = listOf(node, "keys");
  const values = listOf(node, "values");
  if (keys === undefined || values === undefined || keys.data.length !== values.data.length)
    throw node.fault("needs as many values as keys");
  const fallback = fallbackOf(node, values.dtype);
  // A Map finds NaN and tells no -0 from 0, which is what encoding asks for.
  const table = new Map<number | string, number | string>();
  for (let at = 0; at < keys.data.length; at++)
    if (!table.has(keys.data[at]!)) table.set(keys.data[at]!, values.data[at]!);
  return (inputs) => {
    const x = given(inputs, 0);
    const { shape } = x;
    if (values.dtype === "string") {
      const texts = Array.from<number | string, string>(x.data, (each) => (table.get(each) ?? fallback) as string);
      return [{ dtype: "string", shape, data: texts }];
    }
    const data = zeros(values.dtype, x.data.length);
    for (let at = 0; at < data.length; at++) data[at] = (table.get(x.data[at]!) ?? fallback) as number;
    return [{ dtype: values.dtype, shape, data }];
  };
};

function listOf(node: NodeReader, what: "keys" | "values"): Value | undefined {
  const tensor = node.tensor(`${what}_tensor`);
  if (tensor !== undefined) return toValue(tensor);
  const texts = node.texts(`${what}_strings`);
  if (texts !== undefined) return { dtype: "string", shape: [texts.length], data: texts };
  const ints = node.ints(`${what}_int64s`);
  if (ints !== undefined) return { dtype: "int64", shape: [ints.length], data: Float64Array.from(ints) };
  const floats = node.floats(`${what}_floats`);
  return floats === undefined ? undefined : { dtype: "float32", shape: [floats.length], data: floats };
}

function fallbackOf(node: NodeReader, dtype: DType): number | string {
  const tensor = node.tensor("default_tensor");
  if (tensor !== undefined) return toValue(tensor).data[0] ?? 0;
  if (dtype === "string") return node.text("default_string") ?? "_Unused";
  return dtype === "int64" ? node.int("default_int64", -1) : node.float("default_float", -0);
}

export const labelEncoders: KernelTable = { "ai.onnx.ml.LabelEncoder": labelEncoder };
