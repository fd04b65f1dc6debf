import { isTensor, type Tensor } from "@modelkeep/core";

import { attributeTypes, type OnnxAttribute, type OnnxGraph } from "./model.js";
import { toOnnxTensor } from "./tensor.js";
import { decodeText, encodeText } from "./text.js";

const marker = Symbol("modelkeep.onnx.attribute");

/** A number or list that says which ONNX type it is: made by `int`, `float`, `ints`, `floats`. */
interface Typed {
  readonly [marker]: Omit<OnnxAttribute, "name">;
}

/** Text is STRING, a bigint is INT, a tensor is TENSOR, a graph is GRAPH; numbers need `int` or `float`. */
export type AttributeValue = Typed | string | readonly string[] | bigint | Tensor | OnnxGraph;

/** Attributes of a node by name; what is `undefined` is left out. */
export type Attributes = Readonly<Record<string, AttributeValue | undefined>>;

/** A whole number as an attribute, where a plain number would be a float. */
export function int(value: number | bigint | boolean): AttributeValue {
  return { [marker]: { type: attributeTypes.i, i: BigInt(value) } };
}

/** Whole numbers as an attribute, where plain numbers would be floats. */
export function ints(values: Iterable<number | bigint>): AttributeValue {
  return { [marker]: { type: attributeTypes.ints, ints: BigInt64Array.from(values, BigInt) } };
}

/** Kept as float32, as all ONNX FLOAT attributes are. */
export function float(value: number): AttributeValue {
  return { [marker]: { type: attributeTypes.f, f: value } };
}

/** Kept as float32. */
export function floats(values: Iterable<number>): AttributeValue {
  return { [marker]: { type: attributeTypes.floats, floats: Float32Array.from(values) } };
}

export function toOnnxAttribute(name: string, value: AttributeValue): OnnxAttribute {
  if (typeof value === "string") return { name, type: attributeTypes.s, s: encodeText(value) };
  if (typeof value === "bigint") return { name, type: attributeTypes.i, i: value };
  if (isTensor(value)) return { name, type: attributeTypes.t, t: toOnnxTensor("", value) };
  if (Array.isArray(value)) return { name, type: attributeTypes.strings, strings: value.map(encodeText) };
  if (marker in (value as object)) return { name, ...(value as Typed)[marker] };
  if (typeof value === "object" && "node" in value) return { name, type: attributeTypes.g, g: value };
  throw new TypeError(`The attribute ${name} needs a type: wrap numbers in int(), float(), ints() or floats()`);
}

/** Text of a STRING attribute or element, or `undefined` when it is not UTF-8. */
export function attributeText(bytes: Uint8Array): string | undefined {
  return decodeText(bytes);
}
