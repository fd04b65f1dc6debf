import { type DType, dtypeInfo, elementCount, ModelkeepError, type Tensor, tensorFromBytes } from "@modelkeep/core";

import { malformed } from "../errors.js";
import { isCount, tupleItems } from "../globals/known.js";
import type { Memory } from "../input.js";
import { PickleObject, type PickleValue } from "../value.js";
import { dtypeNamed, referenceOf, type StorageReference } from "./storage.js";

/** So many elements may repeat what a storage holds once (`expand`); more would be a bomb. */
const mostRepeated = 1 << 20;

/** A tensor as the pickle describes it: a window on a storage. */
export interface TensorReference {
  readonly storage: StorageReference;
  readonly dtype: DType;
  /** In elements. */
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/** What `torch._utils._rebuild_tensor_v2` and its like were to make; undefined for anything else. */
export function tensorReference(value: PickleValue): TensorReference | undefined {
  if (!(value instanceof PickleObject) || value.module !== "torch._utils") return undefined;
  // A parameter is a tensor that wants a gradient.
  if (/^_rebuild_parameter(_with_state)?$/.test(value.name))
    return value.args[0] === undefined ? undefined : tensorReference(value.args[0]);
  if (!/^_rebuild_tensor(_v2|_v3)?$/.test(value.name)) return undefined;
  const [storage, offset, sizes, steps] = value.args;
  const reference = referenceOf(storage);
  const [shape, strides] = [tupleOfCounts(sizes), tupleOfCounts(steps)];
  if (reference === undefined || !isCount(offset) || shape === undefined || strides?.length !== shape.length)
    throw malformed("A tensor is described in a way that PyTorch does not");
  if (value.name !== "_rebuild_tensor_v3")
    return { storage: reference, dtype: reference.dtype, offset, shape, strides };
  const dtype = dtypeNamed(value.args[6]);
  if (dtype === undefined)
    throw new ModelkeepError(
      "unsupported",
      "A tensor has an element type that is not supported: convert it in PyTorch",
    );
  return { storage: reference, dtype, offset, shape, strides };
}

/** The elements in row-major order: a view on the storage where they lie so, otherwise a copy. */
export function readTensor({ dtype, offset, shape, strides }: TensorReference, memory: Memory): Tensor {
  const { bits } = dtypeInfo(dtype);
  const itemsize = bits / 8;
  const count = countOf(shape);
  const available = Math.floor(memory.byteLength / itemsize);
  const last = count === 0 ? offset : offset + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 1);
  if (!(last <= available))
    throw malformed(`A tensor of shape [${shape.join(", ")}] reaches beyond the ${available} elements of its storage`);
  if (count > Math.max(available, mostRepeated))
    throw malformed(`A tensor of shape [${shape.join(", ")}] repeats a storage of ${available} elements too often`);
  const start = memory.byteOffset + offset * itemsize;
  if (isContiguous(shape, strides)) {
    return tensorFromBytes(dtype, shape, new Uint8Array(memory.buffer, start, count * itemsize));
  }
  const source = new Uint8Array(memory.buffer, start, (last - offset) * itemsize);
  return tensorFromBytes(dtype, shape, gathered({ shape, strides, count, itemsize }, source));
}

/** Copies elements from where their strides say. */
function gathered(
  {
    shape,
    strides,
    count,
    itemsize,
  }: { shape: readonly number[]; strides: readonly number[]; count: number; itemsize: number },
  source: Uint8Array,
): Uint8Array {
  const target = new Uint8Array(count * itemsize);
  const index = shape.map(() => 0);
  let from = 0;
  for (let element = 0; element < count; element++) {
    for (let byte = 0; byte < itemsize; byte++) target[element * itemsize + byte] = source[from * itemsize + byte]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return target;
}

function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] === 0) return true;
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}

function countOf(shape: readonly number[]): number {
  if (shape.length > 64) throw malformed(`A tensor of ${shape.length} dimensions is not plausible`);
  try {
    return elementCount(shape);
  } catch (cause) {
    throw new ModelkeepError("malformed", `No tensor has the shape [${shape.join(", ")}]`, { cause });
  }
}

/** `torch.Size([2, 3])` or (2, 3). */
function tupleOfCounts(value: PickleValue | undefined): readonly number[] | undefined {
  const plain = value instanceof PickleObject && value.name === "Size" ? value.args[0] : value;
  const items = Array.isArray(plain) ? plain : tupleItems(plain);
  return items?.every(isCount) === true ? items : undefined;
}
