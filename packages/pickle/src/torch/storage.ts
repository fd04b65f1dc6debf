import type { DType } from "@modelkeep/core";

import { malformed } from "../errors.js";
import { isCount } from "../globals/known.js";
import { PickleGlobal, PickleObject, PickleTuple, type PickleValue } from "../value.js";

/** Element types by the name of the class of storage. */
const storageTypes = new Map<string, DType>([
  ["DoubleStorage", "float64"],
  ["FloatStorage", "float32"],
  ["HalfStorage", "float16"],
  ["BFloat16Storage", "bfloat16"],
  ["LongStorage", "int64"],
  ["IntStorage", "int32"],
  ["ShortStorage", "int16"],
  ["CharStorage", "int8"],
  ["ByteStorage", "uint8"],
  ["BoolStorage", "bool"],
  ["ComplexFloatStorage", "complex64"],
  ["ComplexDoubleStorage", "complex128"],
  // Bytes whose type is said by the tensor.
  ["UntypedStorage", "uint8"],
]);

/** `torch.dtype`s have the names that ours have; those that pack several elements into a byte are left out. */
const namedTypes: ReadonlySet<DType> = new Set<DType>([
  "float64",
  "float32",
  "float16",
  "bfloat16",
  "int64",
  "int32",
  "int16",
  "int8",
  "uint64",
  "uint32",
  "uint16",
  "uint8",
  "bool",
  "complex64",
  "complex128",
  "float8_e4m3fn",
  "float8_e4m3fnuz",
  "float8_e5m2",
  "float8_e5m2fnuz",
  "float8_e8m0fnu",
]);

/** Elements that lie beside the pickle, as `torch.save` refers to them. */
export interface StorageReference {
  /** "0": its name in the archive. */
  readonly key: string;
  readonly dtype: DType;
  /** Elements, as the pickle says. */
  readonly count: number;
}

const stands = new WeakMap<PickleObject, StorageReference>();

/** What stands for `('storage', torch.FloatStorage, '0', 'cpu', 12)`, the persistent ids of PyTorch. */
export function referenceFrom(id: PickleValue, offset: number): PickleObject {
  const [kind, type, key, , count, view] = id instanceof PickleTuple ? id.items : [];
  const dtype = type instanceof PickleGlobal ? storageTypes.get(type.name) : undefined;
  if (kind !== "storage" || !(type instanceof PickleGlobal) || dtype === undefined)
    throw malformed("The pickle refers to something beside it that is no storage of PyTorch", offset);
  if (typeof key !== "string" || !isCount(count) || (view !== undefined && view !== null))
    throw malformed("The pickle refers to a storage in a way that PyTorch does not", offset);
  const object = new PickleObject(type, { args: [key, count] });
  stands.set(object, { key, dtype, count });
  return object;
}

export function referenceOf(value: PickleValue | undefined): StorageReference | undefined {
  return value instanceof PickleObject ? stands.get(value) : undefined;
}

/** The element type that `torch.float16` names. */
export function dtypeNamed(value: PickleValue | undefined): DType | undefined {
  if (!(value instanceof PickleGlobal) || value.module !== "torch") return undefined;
  return namedTypes.has(value.name as DType) ? (value.name as DType) : undefined;
}
