import { checkInputs, list, mismatch, unknownName } from "./check-inputs.js";
import { dtypeKind, type Element, tensorOf } from "./elements.js";
import { isModelkeepError } from "./errors.js";
import { asFloat, fitsKind, isValues, type Nested, type Value, type Values } from "./input-values.js";
import { nestedTensors } from "./nested-inputs.js";
import type { Signature, TensorMap, TensorSpec } from "./signature.js";
import type { Tensor } from "./tensor.js";

/** By the name of the feature. In columns of floats null is a missing value: NaN. */
export type Row = Readonly<Record<string, Value | null>>;
/**
 * Records, a matrix of rows, columns by name, or tensors by name. For inputs of more than two dimensions, lists within lists
 * take the place of values.
 */
export type Inputs =
  | TensorMap
  | readonly Row[]
  | readonly Values[]
  | Readonly<Record<string, Values>>
  | readonly Readonly<Record<string, Nested>>[]
  | readonly Nested[]
  | Readonly<Record<string, Nested>>;

/** One column of the table that the inputs make together. */
interface Column {
  /** The feature's or the input's name. */
  readonly name: string;
  readonly spec: TensorSpec;
  /** In a matrix. */
  readonly position: number;
}

interface Table {
  readonly rows: number;
  value(column: Column, row: number): Value | null | undefined;
}

/**
 * Inputs in a convenient form as the tensors that a signature asks for, checked; `signature_mismatch` names what does
 * not fit. Records and columns are matched by feature names, or by input names where an input is a single column; a
 * matrix has its columns in the signature's order. Where an input has more than two dimensions, all are matched by the names of
 * inputs, and a row of each is a list within lists; rows need no names where there is one input.
 */
export function toTensors(signature: Signature, inputs: Inputs): TensorMap {
  if (inputs instanceof Map) {
    checkInputs(signature, inputs as TensorMap);
    return inputs as TensorMap;
  }
  if (signature.inputs.some(({ shape }) => shape.length > 2)) return nestedTensors(signature, inputs);
  const given = inputs as Exclude<Inputs, TensorMap>;
  const matrixWidth = Array.isArray(given) && isValues(given[0]) ? given[0].length : undefined;
  const columns = columnsOf(signature, matrixWidth);
  const table = tableOf(given, [...columns.values()].flat());
  const tensors = new Map<string, Tensor>();
  for (const [spec, own] of columns) {
    if (spec.optional && table.rows > 0 && own.every((column) => table.value(column, 0) === undefined)) continue;
    tensors.set(spec.name, tensorFor(spec, own, table));
  }
  checkInputs(signature, tensors);
  return tensors;
}

function columnsOf(signature: Signature, matrixWidth: number | undefined): Map<TensorSpec, Column[]> {
  const columns = new Map<TensorSpec, Column[]>();
  let position = 0;
  for (const spec of signature.inputs) {
    const width = widthOf(spec) ?? (signature.inputs.length === 1 ? matrixWidth : undefined);
    if (width === undefined)
      throw mismatch(
        `the input ${JSON.stringify(spec.name)} is no table of known width: give it as a tensor`,
        spec.name,
      );
    const single = spec.name;
    const named = (at: number) => spec.features?.[at] ?? (width === 1 ? single : `${single}[${at}]`);
    const start = position;
    columns.set(
      spec,
      Array.from({ length: width }, (_, at) => ({ name: named(at), spec, position: start + at })),
    );
    position += width;
  }
  return columns;
}

/** Columns that an input has in a table; `undefined` when its signature does not say. */
function widthOf(spec: TensorSpec): number | undefined {
  if (spec.shape.length < 2) return 1;
  const last = spec.shape[1];
  if (spec.shape.length > 2) return undefined;
  return typeof last === "number" ? last : spec.features?.length;
}

function tableOf(inputs: Exclude<Inputs, TensorMap>, columns: readonly Column[]): Table {
  if (typeof inputs !== "object" || inputs === null || ArrayBuffer.isView(inputs))
    throw new TypeError("Inputs are a list of records or rows, columns by name, or a Map of tensors");
  if (!Array.isArray(inputs)) return tableOfColumns(new Map(Object.entries(inputs as Record<string, Values>)), columns);
  return isValues(inputs[0]) ? tableOfRows(inputs, columns) : tableOfRecords(inputs, columns);
}

function tableOfRows(rows: readonly unknown[], columns: readonly Column[]): Table {
  for (const [at, row] of rows.entries()) {
    if (!isValues(row)) throw mismatch(`row ${at} is not a list of values as the first one is`);
    if (row.length !== columns.length) {
      const names = list(columns.map((column) => column.name));
      throw mismatch(`row ${at} has ${row.length} values, the model takes ${columns.length}: ${names}`);
    }
  }
  const table = rows as readonly Values[];
  return { rows: rows.length, value: (column, row) => table[row]![column.position] };
}

function tableOfRecords(rows: readonly unknown[], columns: readonly Column[]): Table {
  const known = namesOf(columns);
  for (const [at, row] of rows.entries()) {
    if (typeof row !== "object" || row === null || isValues(row)) throw mismatch(`row ${at} is no record`);
    for (const name of Object.keys(row)) if (!known.has(name)) throw unknownName(`row ${at} has`, name, known);
  }
  const table = rows as readonly Row[];
  const value = ({ name }: Column, row: number) => (Object.hasOwn(table[row]!, name) ? table[row]![name] : undefined);
  return { rows: rows.length, value };
}

function tableOfColumns(given: ReadonlyMap<string, Values>, columns: readonly Column[]): Table {
  const known = namesOf(columns);
  const [first] = given;
  for (const [name, values] of given) {
    if (!known.has(name)) throw unknownName("there is", name, known);
    if (!isValues(values)) throw mismatch(`the column ${JSON.stringify(name)} is no list of values`, name);
    if (values.length !== first![1].length) {
      const other = `${JSON.stringify(first![0])} has ${first![1].length}`;
      throw mismatch(`the column ${JSON.stringify(name)} has ${values.length} values, ${other}`, name);
    }
  }
  return { rows: first?.[1].length ?? 0, value: ({ name }, row) => given.get(name)?.[row] };
}

function tensorFor(spec: TensorSpec, columns: readonly Column[], table: Table): Tensor {
  const values: Element[] = [];
  const kind = dtypeKind(spec.dtype);
  for (let row = 0; row < table.rows; row++)
    for (const column of columns) values.push(valueFor(column, kind, row, table.value(column, row)));
  const shape =
    spec.shape.length === 0 && table.rows === 1
      ? []
      : spec.shape.length < 2
        ? [table.rows]
        : [table.rows, columns.length];
  try {
    return tensorOf(spec.dtype, shape, values);
  } catch (cause) {
    if (!isModelkeepError(cause)) throw cause;
    const at = cause.details["at"];
    const column = typeof at === "number" ? columns[at % columns.length] : undefined;
    const where =
      column === undefined
        ? ""
        : `${JSON.stringify(column.name)} in row ${Math.floor((at as number) / columns.length)}: `;
    throw mismatch(`${where}${cause.message}`, column?.name ?? spec.name, cause);
  }
}

/** What fills a column that is not read. */
const filler = { string: "", bool: false, integer: 0, float: Number.NaN, complex: 0 } as const;

function valueFor(
  column: Column,
  kind: ReturnType<typeof dtypeKind>,
  row: number,
  given: Value | null | undefined,
): Element {
  const value = kind === "float" && typeof given !== "number" ? asFloat(given) : given;
  // Made only for an error: this runs for each value of each prediction.
  const where = () => `${JSON.stringify(column.name)} in row ${row}`;
  if (column.spec.ignored === true && (value === undefined || !fitsKind(value, kind))) return filler[kind];
  if (value === undefined || value === null) throw mismatch(`${where()} is missing`, column.name);
  if (!fitsKind(value, kind)) {
    const found = `the ${typeof value} ${JSON.stringify(String(value)).slice(0, 60)}`;
    throw mismatch(`${where()} is ${found}, where ${column.spec.dtype} is needed`, column.name);
  }
  if (kind === "string" && column.spec.categories?.includes(value as string) === false)
    throw mismatch(`${where()} is ${JSON.stringify(value)}, which is none of its categories`, column.name);
  return value;
}

function namesOf(columns: readonly Column[]): Set<string> {
  return new Set(columns.map((column) => column.name));
}
