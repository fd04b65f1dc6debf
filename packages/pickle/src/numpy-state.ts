import { malformed } from "./errors.js";
import { bytesOf, isCount, tupleItems } from "./globals/known.js";
import { shapeOf } from "./globals/numpy.js";
import { PickleDict } from "./dict.js";
import type { NumpyArray } from "./numpy-array.js";
import { NumpyDType, type NumpyField } from "./numpy-dtype.js";
import type { PickleValue } from "./value.js";

/** (version, shape, dtype, is_fortran, data): what `ndarray.__setstate__` takes; the oldest files leave out the version. */
export function arrayState(array: NumpyArray, state: PickleValue): void {
  const parts = tupleItems(state);
  if (parts === undefined || parts.length < 4 || parts.length > 5) throw malformed("An array has a state that is none");
  const [shape, dtype, fortran, data] = parts.length === 5 ? parts.slice(1) : parts;
  if (!(dtype instanceof NumpyDType) || !(typeof fortran === "boolean" || isCount(fortran)))
    throw malformed("An array has a state that is none");
  const content = Array.isArray(data) ? data : bytesOf(data);
  if (content === undefined) throw malformed("An array has elements that are neither bytes nor a list");
  array.fill(dtype, shapeOf(tupleItems(shape)), Boolean(fortran), content);
}

/** (version, order, subdtype, names, fields, itemsize, alignment[, flags[, metadata]]): `dtype.__setstate__`. */
export function completeDType(dtype: NumpyDType, state: PickleValue): void {
  const parts = tupleItems(state);
  if (parts === undefined || parts.length < 7 || parts.length > 9) throw malformed("A dtype has a state that is none");
  const [, order, subarray, names, fields, itemsize, , , metadata] = parts;
  if (!(order === "<" || order === ">" || order === "|" || order === "="))
    throw malformed("A dtype has a byte order that is none");
  if (typeof itemsize !== "number" || !Number.isSafeInteger(itemsize) || itemsize < -1)
    throw malformed("A dtype has elements of a size that is none");
  const unit = dateUnit(metadata);
  dtype.complete({
    order,
    ...(itemsize === -1 ? {} : { itemsize }),
    ...(subarray === null || subarray === undefined ? {} : { subarray: subarrayOf(subarray) }),
    ...(fields === null || fields === undefined ? {} : { fields: fieldsOf(names, fields) }),
    ...(unit === undefined ? {} : { unit }),
  });
}

function subarrayOf(value: PickleValue): { dtype: NumpyDType; shape: readonly number[] } {
  const [dtype, shape, more] = tupleItems(value) ?? [];
  if (!(dtype instanceof NumpyDType) || more !== undefined) throw malformed("A dtype has a subarray that is none");
  return { dtype, shape: shapeOf(isCount(shape) ? [shape] : tupleItems(shape)) };
}

function fieldsOf(names: PickleValue | undefined, fields: PickleValue): NumpyField[] {
  const order = tupleItems(names);
  if (order === undefined || !(fields instanceof PickleDict)) throw malformed("A dtype has fields without names");
  const seen = new Set<string>();
  return order.map((name) => {
    const [dtype, offset] = tupleItems(fields.get(name)) ?? [];
    if (typeof name !== "string" || seen.has(name) || !(dtype instanceof NumpyDType) || !isCount(offset))
      throw malformed("A dtype has a field that is none");
    seen.add(name);
    return { name, dtype, offset };
  });
}

/** (metadata, ("ns", 1, 1, 1)): of dates and durations. */
function dateUnit(metadata: PickleValue | undefined): string | undefined {
  const [unit, count] = tupleItems(tupleItems(metadata)?.[1]) ?? [];
  const text = unit instanceof Uint8Array ? String.fromCharCode(...unit.subarray(0, 8)) : unit;
  if (typeof text !== "string" || text === "generic") return undefined;
  return count === 1 || !isCount(count) ? text : `${count}${text}`;
}
