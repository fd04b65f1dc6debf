import { isTensor, ModelkeepError, type Tensor } from "@modelkeep/core";

import { PickleDict } from "../dict.js";
import { NumpyArray } from "../numpy-array.js";
import type { NumpyScalar } from "../numpy-scalar.js";
import { PickleFile } from "../pickle-file.js";
import type { PickleByteArray, PickleSet, PickleTuple, PickleValue } from "../value.js";

/** What can be written: data, never a class. Records become dicts with strings as keys; whole numbers become int. */
export type PlainValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | PickleByteArray
  | Tensor
  | NumpyArray
  | NumpyScalar
  | PickleTuple
  | PickleDict
  | PickleSet
  | readonly PlainValue[]
  | ReadonlyMap<PlainValue, PlainValue>
  | { readonly [key: string]: PlainValue };

/** Plain state, to be given to a codec. Nothing is copied; what cannot be written is refused by the writer. */
export function pickleOf(value: PlainValue): PickleFile {
  return new PickleFile(value as PickleValue);
}

/** The entries of what becomes a dict; undefined for everything else. */
export function entriesOf(value: object): Iterable<readonly [unknown, unknown]> | undefined {
  if (value instanceof PickleDict || value instanceof Map) return value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? Object.entries(value) : undefined;
}

/** The tensor behind an array, or undefined when the value is none. */
export function tensorOf(value: object): Tensor | undefined {
  if (isTensor(value)) return value;
  return value instanceof NumpyArray && value.values === undefined ? value.tensor() : undefined;
}

export function refusedValue(what: string, path: readonly (string | number)[]): ModelkeepError {
  const place = path.length === 0 ? "" : ` (at ${path.slice(0, 12).join(".")})`;
  return new ModelkeepError("unsupported", `${what} cannot be written to a pickle${place}: only plain data can`);
}
