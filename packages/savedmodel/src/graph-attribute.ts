import type { Tensor } from "@modelkeep/core";

import { readShape } from "./saved-model.js";
import { readTensorProto } from "./tensor-proto.js";
import { type Budget, entryOf, type Field, fieldsOf, floatOf, floatsOf, textOf, varintsOf } from "./wire.js";

/** An attribute of a node: each kind has a property of its own (attr_value.proto of TensorFlow). */
export interface GraphAttribute {
  readonly text?: string;
  readonly integer?: number;
  readonly float?: number;
  readonly boolean?: boolean;
  /** TensorFlow's number of an element type. */
  readonly type?: number;
  /** null where not even the number of sizes is known. */
  readonly shape?: readonly (number | null)[] | null;
  /** Read when it is asked for: most constants of a file are never needed. */
  readonly tensor?: () => Tensor;
  /** The name of a function. */
  readonly function?: string;
  readonly integers?: readonly number[];
  readonly texts?: readonly string[];
  readonly floats?: readonly number[];
  /** TensorFlow's numbers of element types. */
  readonly types?: readonly number[];
}

/** The entries of the map of attributes. */
export function readAttribute(bytes: Uint8Array, budget: Budget, depth: number): readonly [string, GraphAttribute] {
  const { key, value } = entryOf(bytes, budget, depth);
  let attribute: GraphAttribute = {};
  for (const field of fieldsOf(value, budget, depth + 1)) {
    if (field.number === 1) attribute = readList(field.bytes, budget, depth + 2);
    if (field.number === 2) attribute = { text: textOf(field.bytes) };
    if (field.number === 3) attribute = { integer: field.value };
    if (field.number === 4) attribute = { float: floatOf(field.value) };
    if (field.number === 5) attribute = { boolean: field.value !== 0 };
    if (field.number === 6) attribute = { type: field.value };
    if (field.number === 7) attribute = { shape: readShape(field.bytes, budget, depth + 2) ?? null };
    if (field.number === 8) attribute = { tensor: () => readTensorProto(field.bytes, budget, depth + 2) };
    if (field.number === 10)
      for (const each of fieldsOf(field.bytes, budget, depth + 2))
        if (each.number === 1) attribute = { function: textOf(each.bytes) };
  }
  return [key, attribute];
}

function readList(bytes: Uint8Array, budget: Budget, depth: number): GraphAttribute {
  const integers: number[] = [];
  const texts: string[] = [];
  const floats: number[] = [];
  const types: number[] = [];
  for (const field of fieldsOf(bytes, budget, depth)) {
    if (field.number === 2) texts.push(textOf(field.bytes));
    // Numbers come one by one, or packed.
    if (field.number === 3) for (const each of integersOf(field)) integers.push(each);
    if (field.number === 4) for (const each of floatsOf(field)) floats.push(each);
    if (field.number === 6) for (const each of integersOf(field)) types.push(each);
  }
  return { integers, texts, floats, types };
}

function integersOf({ value, bytes }: Field): readonly number[] {
  return bytes.length === 0 ? [value] : Array.from(varintsOf(bytes), Number);
}
