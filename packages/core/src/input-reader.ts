import { isValues, type Values } from "./input-values.js";
import { type Inputs, type Row, toTensors } from "./inputs.js";
import type { Signature, TensorMap, TensorSpec } from "./signature.js";
import { isTensor, Tensor } from "./tensor.js";

/**
 * Reads inputs for one signature, again and again: gives and refuses what `toTensors` does, sooner. Tensors, rows and
 * records of plain values are read here; whatever is unusual or does not fit is left to `toTensors`.
 */
export class InputReader {
  readonly signature: Signature;
  readonly #shapes: readonly KnownShape[];
  /** `undefined` where the signature is not that of a table which can be read here. */
  readonly #tables: readonly Table[] | undefined;
  /** All columns of all inputs. */
  readonly #names: readonly string[];

  constructor(signature: Signature) {
    this.signature = signature;
    this.#shapes = knownShapes(signature.inputs);
    this.#tables = tablesOf(signature.inputs);
    this.#names = this.#tables?.flatMap((table) => table.names) ?? [];
  }

  read(inputs: Inputs): TensorMap {
    if (inputs instanceof Map && this.#fits(inputs as TensorMap)) return inputs as TensorMap;
    if (Array.isArray(inputs) && inputs.length > 0 && this.#tables !== undefined) {
      const rows = isValues(inputs[0]) ? this.#checkedRows(inputs) : this.#rowsOfRecords(inputs);
      const tensors = rows && readRows(this.#tables, rows);
      if (tensors !== undefined) return tensors;
    }
    return toTensors(this.signature, inputs);
  }

  #fits(tensors: TensorMap): boolean {
    if (tensors.size !== this.#shapes.length) return false;
    for (const { name, dtype, rank, sizes, equals } of this.#shapes) {
      const tensor = tensors.get(name);
      if (!isTensor(tensor) || tensor.dtype !== dtype || tensor.shape.length !== rank) return false;
      for (let axis = 0; axis < rank; axis++) {
        const wanted = sizes[axis] ?? equalSize(tensors, equals[axis]);
        if (wanted !== undefined && wanted !== tensor.shape[axis]) return false;
      }
    }
    return true;
  }

  #checkedRows(rows: readonly unknown[]): readonly Values[] | undefined {
    for (const row of rows) if (!isValues(row) || row.length !== this.#names.length) return undefined;
    return rows as readonly Values[];
  }

  /** The values of each record in the order of the columns; `undefined` unless each has exactly these. */
  #rowsOfRecords(records: readonly unknown[]): readonly Values[] | undefined {
    const names = this.#names;
    const rows: Values[] = [];
    for (const record of records) {
      if (typeof record !== "object" || record === null || isValues(record)) return undefined;
      const keys = Object.keys(record);
      if (keys.length !== names.length) return undefined;
      const row: Row[string][] = [];
      for (let at = 0; at < names.length; at++) {
        const name = names[at]!;
        if (keys[at] !== name && !Object.prototype.propertyIsEnumerable.call(record, name)) return undefined;
        row.push((record as Row)[name]!);
      }
      rows.push(row);
    }
    return rows;
  }
}

interface KnownShape extends Pick<TensorSpec, "name" | "dtype"> {
  readonly rank: number;
  /** By axis, where the signature has a number. */
  readonly sizes: readonly (number | undefined)[];
  /** By axis, where a dimension has a name that came before. */
  readonly equals: readonly (Place | undefined)[];
}

interface Place {
  readonly name: string;
  readonly axis: number;
}

function knownShapes(inputs: readonly TensorSpec[]): readonly KnownShape[] {
  const first = new Map<string, Place>();
  return inputs.map(({ name, dtype, shape }) => ({
    name,
    dtype,
    rank: shape.length,
    sizes: shape.map((size) => (typeof size === "number" ? size : undefined)),
    equals: shape.map((size, axis) => {
      if (typeof size !== "string") return undefined;
      const before = first.get(size);
      if (before === undefined) first.set(size, { name, axis });
      return before;
    }),
  }));
}

function equalSize(tensors: TensorMap, place: Place | undefined): number | undefined {
  return place && tensors.get(place.name)!.shape[place.axis];
}

/** An input that takes some of the columns. */
interface Table {
  readonly name: string;
  readonly dtype: "float64" | "float32" | "int64" | "string";
  readonly rank: number;
  /** Of its columns. */
  readonly names: readonly string[];
  readonly categories: ReadonlySet<unknown> | undefined;
}

/** `undefined` unless each input takes a number of columns that is known, in any number of rows, and no two have one name. */
function tablesOf(inputs: readonly TensorSpec[]): readonly Table[] | undefined {
  const tables = inputs.flatMap((spec): Table[] => {
    const { name, dtype, shape, features, categories, optional, ignored } = spec;
    const [rows, columns] = shape;
    const width = shape.length === 1 ? 1 : columns === null ? features?.length : columns;
    const reads = dtype === "float64" || dtype === "float32" || dtype === "int64" || dtype === "string";
    if (!reads || optional === true || ignored === true) return [];
    if (shape.length < 1 || shape.length > 2 || typeof rows === "number" || typeof width !== "number") return [];
    const names = Array.from({ length: width }, (_, at) => features?.[at] ?? (width === 1 ? name : `${name}[${at}]`));
    const known = dtype === "string" && categories !== undefined ? new Set<unknown>(categories) : undefined;
    return [{ name, dtype, rank: shape.length, names, categories: known }];
  });
  const all = tables.flatMap((table) => table.names);
  return tables.length === inputs.length && new Set(all).size === all.length ? tables : undefined;
}

/** `undefined` when a value is not of the plain kind that its column has. */
function readRows(tables: readonly Table[], rows: readonly Values[]): TensorMap | undefined {
  const tensors = new Map<string, Tensor>();
  let start = 0;
  for (const table of tables) {
    const { name, dtype, rank, names } = table;
    const width = names.length;
    const data = arrayOf(dtype, rows.length * width);
    for (let row = 0; row < rows.length; row++)
      if (!readRow(table, rows[row]!, start, width, data, row * width)) return undefined;
    tensors.set(name, new Tensor(dtype, rank === 1 ? [rows.length] : [rows.length, width], data));
    start += width;
  }
  return tensors;
}

type Data = Float64Array | Float32Array | BigInt64Array | string[];

function arrayOf(dtype: Table["dtype"], length: number): Data {
  switch (dtype) {
    case "float64":
      return new Float64Array(length);
    case "float32":
      return new Float32Array(length);
    case "int64":
      return new BigInt64Array(length);
    case "string":
      return [];
  }
}

function readRow(table: Table, row: Values, start: number, width: number, data: Data, target: number): boolean {
  if (table.dtype === "string") return readTexts(table, row, start, width, data as string[]);
  if (table.dtype === "int64") return readIntegers(row, start, width, data as BigInt64Array, target);
  return readNumbers(row, start, width, data as Float64Array | Float32Array, target);
}

function readNumbers(
  row: Values,
  start: number,
  width: number,
  data: Float64Array | Float32Array,
  target: number,
): boolean {
  for (let column = 0; column < width; column++) {
    const value = row[start + column];
    if (typeof value !== "number") return false;
    data[target + column] = value;
  }
  return true;
}

function readIntegers(row: Values, start: number, width: number, data: BigInt64Array, target: number): boolean {
  for (let column = 0; column < width; column++) {
    const value = row[start + column];
    if (!Number.isSafeInteger(value)) return false;
    data[target + column] = BigInt(value as number);
  }
  return true;
}

function readTexts({ categories }: Table, row: Values, start: number, width: number, data: string[]): boolean {
  for (let column = 0; column < width; column++) {
    const value = row[start + column];
    if (typeof value !== "string" || categories?.has(value) === false) return false;
    data.push(value);
  }
  return true;
}
