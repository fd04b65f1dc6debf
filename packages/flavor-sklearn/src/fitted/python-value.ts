import { isTensor, ModelkeepError, type Tensor, tensorElements } from "@modelkeep/core";
import {
  NumpyArray,
  NumpyScalar,
  PickleDict,
  PickleGlobal,
  PickleObject,
  PickleSet,
  PickleTuple,
  type PickleValue,
} from "@modelkeep/pickle";

/**
 * What the pickle library makes of Python's values, asked for as what they should be. All knowledge of its types is in
 * this file. Every function gives undefined for a value of another kind.
 */
export type PythonValue = PickleValue;

/** An instance of a class, with attributes. */
export type PythonObject = PickleObject;

/** Numbers in C order. */
export interface NumberArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  /** "float32", "int64": as it was stored. */
  readonly dtype: string;
}

/** One of the values that classes and categories are made of. */
export type Scalar = string | number | bigint | boolean | null;

export function asObject(value: PythonValue | undefined): PythonObject | undefined {
  return value instanceof PickleObject ? value : undefined;
}

/** "numpy.log1p" of a function or class that stands as a value. */
export function asGlobal(value: PythonValue | undefined): string | undefined {
  return value instanceof PickleGlobal ? value.path : undefined;
}

/** Python's int and float, bool, str and None, NumPy's scalars and arrays of no dimension. */
export function asScalar(value: PythonValue | undefined): Scalar | undefined {
  if (value === null || ["string", "number", "bigint", "boolean"].includes(typeof value)) return value as Scalar;
  if (value instanceof NumpyScalar) {
    const inner = asScalar(value.value);
    return value.dtype.kind === "b" && typeof inner === "number" ? inner !== 0 : inner;
  }
  if (value instanceof NumpyArray && value.shape.length === 0) return asScalars(value)?.[0];
  return undefined;
}

/** The items of a list, a tuple, a set or an array in C order. */
export function asList(value: PythonValue | undefined): readonly PythonValue[] | undefined {
  if (Array.isArray(value)) return value;
  if (value instanceof PickleTuple || value instanceof PickleSet) return value.items;
  if (value instanceof NumpyArray) return value.values ?? asScalars(value);
  if (value instanceof PickleObject) return value.items ?? asList(value.attribute("data"));
  return undefined;
}

/** The shape of an array, whatever it holds. */
export function asShape(value: PythonValue | undefined): readonly number[] | undefined {
  return value instanceof NumpyArray ? value.shape : undefined;
}

/** As `asList`, of values that are scalars all. */
export function asScalars(value: PythonValue | undefined): readonly Scalar[] | undefined {
  if (value instanceof NumpyArray && value.values === undefined) {
    const tensor = tensorOf(value);
    if (tensor === undefined) return undefined;
    return tensorElements(tensor).map((each) =>
      typeof each === "bigint" && Number.isSafeInteger(Number(each)) ? Number(each) : each,
    );
  }
  const scalars: Scalar[] = [];
  for (const item of asList(value) ?? [undefined]) {
    const scalar = asScalar(item);
    if (scalar === undefined) return undefined;
    scalars.push(scalar);
  }
  return scalars;
}

/** The element type of an array: "float64", "string", "object". */
export function asDType(value: PythonValue | undefined): string | undefined {
  if (!(value instanceof NumpyArray)) return undefined;
  return value.values === undefined ? tensorOf(value)?.dtype : "object";
}

/** An array of numbers or bools, also of number objects, and nested lists of them. */
export function asNumbers(value: PythonValue | undefined): NumberArray | undefined {
  if (value instanceof NumpyArray && value.values === undefined) {
    const tensor = tensorOf(value);
    return tensor === undefined ? undefined : numbersOf(tensor);
  }
  const single = asScalar(value);
  if (typeof single === "number") return { shape: [], data: Float64Array.of(single), dtype: "float64" };
  const scalars = asScalars(value);
  if (scalars === undefined || !scalars.every((each) => typeof each === "number" || typeof each === "boolean"))
    return undefined;
  const shape = asShape(value) ?? [scalars.length];
  return { shape, data: Float64Array.from(scalars, Number), dtype: "float64" };
}

/** One column of an array of records. */
export function asRecordColumn(value: PythonValue | undefined, name: string): NumberArray | undefined {
  if (!(value instanceof NumpyArray) || value.dtype.fields?.has(name) !== true) return undefined;
  return asNumbers(value.column(name));
}

/** Entries of a dict with strings as keys: others are left out. */
export function asEntries(value: PythonValue | undefined): [string, PythonValue][] | undefined {
  const dict = value instanceof PickleObject ? value.entries : value;
  if (!(dict instanceof PickleDict)) return undefined;
  return [...dict].filter((entry): entry is [string, PythonValue] => typeof asScalar(entry[0]) === "string");
}

/** Start, stop and step of Python's slice. */
export function asSlice(value: PythonValue | undefined): readonly Scalar[] | undefined {
  if (!(value instanceof PickleObject) || value.type.name !== "slice") return undefined;
  const parts = value.args.map(asScalar);
  return parts.every((part) => part !== undefined) && parts.length === 3 ? parts : undefined;
}

/** A compressed sparse row matrix as numbers, checked: `malformed` when its parts do not agree. */
export function asSparseRows(value: PythonValue | undefined): SparseRows | undefined {
  const object = asObject(value);
  if (object === undefined || !/^scipy\.sparse\..*\.?cs[rc]_(matrix|array)$/u.test(object.type.path)) return undefined;
  const fault = (what: string) => new ModelkeepError("malformed", `A sparse matrix in the file ${what}`);
  const shape = (asScalars(object.attribute("_shape")) ?? []).map(Number);
  const pointers = asNumbers(object.attribute("indptr"))?.data;
  const indices = asNumbers(object.attribute("indices"))?.data;
  const data = asNumbers(object.attribute("data"))?.data;
  if (shape.length !== 2 || pointers === undefined || indices === undefined || data === undefined)
    throw fault("lacks its shape, pointers, indices or data");
  const columnwise = object.type.name.startsWith("csc");
  const [rows, columns] = columnwise ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
  if (pointers.length !== rows + 1 || indices.length !== data.length) throw fault("has lists of the wrong length");
  if (pointers[0] !== 0 || pointers.at(-1)! > data.length) throw fault("points outside its data");
  for (let row = 0; row < rows; row++)
    if (pointers[row]! > pointers[row + 1]!) throw fault("has pointers that decrease");
  for (const index of indices) if (!(index >= 0 && index < columns)) throw fault(`has an index outside its ${columns}`);
  return { rows, columns, pointers, indices, data, columnwise };
}

export interface SparseRows {
  readonly rows: number;
  readonly columns: number;
  readonly pointers: Float64Array;
  readonly indices: Float64Array;
  readonly data: Float64Array;
  /** Rows and columns are exchanged: the matrix was stored by columns. */
  readonly columnwise: boolean;
}

/** An object of a class that was not known when the file was read, or that was made by such a function. */
export function isOpaque(value: PythonValue | undefined): boolean {
  return (value instanceof PickleObject || value instanceof PickleGlobal) && value.opaque;
}

/** In words for messages: "a list", "an array of <f8". */
export function describeValue(value: PythonValue | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "None";
  if (value instanceof PickleObject) return `a ${value.type.path}`;
  if (value instanceof PickleGlobal) return value.path;
  if (value instanceof NumpyArray) return `an array of ${value.dtype.code} and shape [${value.shape.join(", ")}]`;
  if (value instanceof PickleDict) return "a dict";
  if (value instanceof PickleTuple) return "a tuple";
  if (Array.isArray(value)) return "a list";
  const scalar = asScalar(value);
  return scalar === undefined ? "a value of another kind" : JSON.stringify(String(scalar)).slice(0, 60);
}

function numbersOf(tensor: Tensor): NumberArray | undefined {
  const { dtype, shape, data } = tensor;
  if (dtype === "string" || dtype.startsWith("complex")) return undefined;
  if (data instanceof Float64Array) return { shape, data, dtype };
  if (data instanceof Float32Array || data instanceof Int32Array)
    return { shape, data: Float64Array.from(data), dtype };
  return { shape, data: Float64Array.from(tensorElements(tensor), Number), dtype };
}

/** Undefined for arrays that have no tensor: of objects, records, raw bytes. */
function tensorOf(array: NumpyArray): Tensor | undefined {
  if (array.values !== undefined || array.dtype.fields !== undefined || "SVO".includes(array.dtype.kind))
    return undefined;
  const tensor = array.tensor();
  return isTensor(tensor) ? tensor : undefined;
}
