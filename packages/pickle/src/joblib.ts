import { malformed, truncated } from "./errors.js";
import { dtypeOf, emptyArray, shapeOf } from "./globals/numpy.js";
import { isCount, tupleItems } from "./globals/known.js";
import type { Input, Memory } from "./input.js";
import { countElements, NumpyArray } from "./numpy-array.js";
import { NumpyDType } from "./numpy-dtype.js";
import { readNpy } from "./npy.js";
import { PickleObject, PickleTuple, type PickleValue } from "./value.js";

/** What a joblib file is made of beside the pickle itself. */
export interface JoblibParts {
  /** The bytes of a file beside the main one, by its plain name. */
  readonly companion: (name: string) => Memory | undefined;
  /** What stands for an array whose file is not there; throws by default. */
  readonly missing?: (name: string, wrapper: PickleObject) => PickleValue;
  /** Takes a joblib 0.9 "ZF" file apart. */
  readonly zfile: (memory: Memory) => Memory;
  /** Runs a pickle that lies in the middle of this one. */
  readonly nested: (input: Input) => PickleValue;
}

/** joblib's stand-ins become the arrays they stand for; undefined for everything that is none. */
export function joblibArray(target: PickleValue, input: Input, parts: JoblibParts): PickleValue | undefined {
  if (!(target instanceof PickleObject) || target.opaque || !target.module.includes("joblib.")) return undefined;
  switch (target.name) {
    case "NumpyArrayWrapper":
      return inlineArray(target, input, parts);
    case "NDArrayWrapper":
      return companionArray(target, parts);
    case "ZNDArrayWrapper":
      return compressedCompanion(target, parts);
    default:
      return undefined;
  }
}

/** joblib 0.10 and later: the elements follow, after up to 16 bytes that align them; objects follow as a pickle. */
function inlineArray(wrapper: PickleObject, input: Input, parts: JoblibParts): PickleValue {
  const dtype = dtypeOf(wrapper.attribute("dtype"));
  const shape = shapeOf(tupleItems(wrapper.attribute("shape")));
  const order = wrapper.attribute("order");
  const count = countElements(shape);
  if (order !== "C" && order !== "F") throw malformed("A joblib array has an order that is none", input.position);
  const array = emptyArray(wrapper.attribute("subclass"));
  if (dtype.hasObject) return parts.nested(input);
  const alignment = wrapper.attribute("numpy_array_alignment_bytes") ?? null;
  if (alignment !== null) skipPadding(input);
  const elements = input.takeMemory(count * dtype.itemsize);
  if (!(array instanceof NumpyArray)) {
    array.state = new PickleTuple([new PickleTuple([...shape]), dtype]);
    return array;
  }
  array.fill(dtype, shape, order === "F", elements);
  return array;
}

function skipPadding(input: Input): void {
  input.need(1);
  const length = input.window[input.at++] as number;
  if (length > input.remaining) throw truncated("The padding before an array reaches beyond the file", input.position);
  input.take(length);
}

/** joblib 0.9: each array is a .npy file beside the pickle. */
function companionArray(wrapper: PickleObject, parts: JoblibParts): PickleValue {
  const name = companionName(wrapper);
  const found = parts.companion(name);
  return found === undefined ? missing(name, wrapper, parts) : readNpy(found, parts.nested);
}

/** joblib 0.9 with compression: the bytes of each array are a "ZF" file, its shape and type are in the pickle. */
function compressedCompanion(wrapper: PickleObject, parts: JoblibParts): PickleValue {
  const name = companionName(wrapper);
  const found = parts.companion(name);
  if (found === undefined) return missing(name, wrapper, parts);
  const elements = parts.zfile(found);
  const array = emptyArray(tupleItems(wrapper.attribute("init_args"))?.[0]);
  const state = tupleItems(wrapper.attribute("state"));
  if (!(array instanceof NumpyArray) || state === undefined) throw malformed("A joblib array has a state that is none");
  const [shape, dtype, fortran] = state.length === 4 ? state.slice(1) : state;
  if (!(dtype instanceof NumpyDType) || !(typeof fortran === "boolean" || isCount(fortran)))
    throw malformed("A joblib array has a state that is none");
  array.fill(dtype, shapeOf(tupleItems(shape)), Boolean(fortran), elements);
  return array;
}

function companionName(wrapper: PickleObject): string {
  const name = wrapper.attribute("filename");
  if (typeof name !== "string") throw malformed("A joblib array names no file");
  if (!/^[^/\\:\0]{1,255}$/.test(name) || name === "." || name === "..")
    throw malformed(
      `A joblib array lies in ${JSON.stringify(name.slice(0, 80))}, which is not a file beside the pickle`,
    );
  return name;
}

function missing(name: string, wrapper: PickleObject, parts: JoblibParts): PickleValue {
  if (parts.missing !== undefined) return parts.missing(name, wrapper);
  throw malformed(
    `The array file ${JSON.stringify(name)} is missing: joblib 0.9 wrote it beside the pickle; give both`,
  );
}
