import { checkInputs, list, mismatch, unknownName } from "./check-inputs.js";
import { dtypeKind, type Element, tensorOf } from "./elements.js";
import { isModelkeepError } from "./errors.js";
import { asFloat, fitsKind, isValues, type Value } from "./input-values.js";
import type { Signature, TensorMap, TensorSpec } from "./signature.js";
import type { Tensor } from "./tensor.js";

/** Inputs of images, series and the like: records, rows of the only input, or columns, whose rows are lists within lists. */
export function nestedTensors(signature: Signature, given: unknown): TensorMap {
  const rows = rowsByInput(signature, given);
  const tensors = new Map<string, Tensor>();
  for (const spec of signature.inputs) {
    const own = rows.get(spec.name);
    if (own === undefined && spec.optional === true) continue;
    if (own === undefined) throw mismatch(`the input ${JSON.stringify(spec.name)} is missing`, spec.name);
    tensors.set(spec.name, tensorOfRows(spec, own));
  }
  checkInputs(signature, tensors);
  return tensors;
}

function rowsByInput({ inputs }: Signature, given: unknown): ReadonlyMap<string, readonly unknown[]> {
  if (typeof given !== "object" || given === null || ArrayBuffer.isView(given))
    throw new TypeError("Inputs are a list of records or rows, columns by name, or a Map of tensors");
  const known = new Set(inputs.map(({ name }) => name));
  const check = (names: readonly string[], where: string) => {
    const other = names.find((name) => !known.has(name));
    if (other !== undefined) throw unknownName(where, other, known);
  };
  if (!Array.isArray(given)) {
    check(Object.keys(given), "there is");
    return new Map(
      Object.entries(given).map(([name, rows]) => {
        if (!isValues(rows)) throw mismatch(`the column ${JSON.stringify(name)} is no list of rows`, name);
        return [name, [...rows]] as const;
      }),
    );
  }
  const [only] = inputs;
  const isRecord = (row: unknown): row is Readonly<Record<string, unknown>> =>
    typeof row === "object" && row !== null && !isValues(row);
  if (inputs.length === 1 && only !== undefined && !given.some(isRecord)) return new Map([[only.name, given]]);
  for (const [at, row] of given.entries()) {
    if (!isRecord(row)) throw mismatch(`row ${at} is no record with the inputs ${list(known)}`);
    check(Object.keys(row), `row ${at} has`);
  }
  const records = given as readonly Readonly<Record<string, unknown>>[];
  const named = inputs.filter(
    ({ name, optional }) => optional !== true || records.some((row) => Object.hasOwn(row, name)),
  );
  return new Map(
    named.map(({ name }) => [name, records.map((row) => (Object.hasOwn(row, name) ? row[name] : undefined))]),
  );
}

function tensorOfRows(spec: TensorSpec, rows: readonly unknown[]): Tensor {
  const { name, dtype, shape } = spec;
  const sizes = sizesOf(spec, rows[0]);
  const values: Element[] = [];
  const kind = dtypeKind(dtype);
  const take = (value: unknown, axis: number, row: number, path: string): void => {
    const where = () => `${JSON.stringify(name)} in row ${row}${path === "" ? "" : ` at ${path}`}`;
    if (axis === sizes.length) {
      const given = value as Value | null | undefined;
      const element = kind === "float" && typeof given !== "number" ? asFloat(given) : given;
      if (element === undefined || element === null) throw mismatch(`${where()} is missing`, name);
      if (!fitsKind(element, kind)) {
        const found = `the ${typeof element} ${JSON.stringify(String(element)).slice(0, 60)}`;
        throw mismatch(`${where()} is ${found}, where ${dtype} is needed`, name);
      }
      values.push(element);
      return;
    }
    if (!isValues(value)) throw mismatch(`${where()} is no list of ${sizes[axis]}`, name);
    if (value.length !== sizes[axis])
      throw mismatch(`${where()} is a list of ${value.length}, where one of ${sizes[axis]} is needed`, name);
    for (let at = 0; at < value.length; at++) take(value[at], axis + 1, row, `${path}[${at}]`);
  };
  for (const [row, value] of rows.entries()) take(value, 0, row, "");
  try {
    return tensorOf(dtype, shape.length === 0 ? [] : [rows.length, ...sizes], values);
  } catch (cause) {
    if (!isModelkeepError(cause)) throw cause;
    throw mismatch(`${JSON.stringify(name)}: ${cause.message}`, name, cause);
  }
}

/** Without the batch: sizes that are open are those of the first row. */
function sizesOf({ shape }: TensorSpec, row: unknown): readonly number[] {
  let part = row;
  return shape.slice(1).map((size) => {
    const found = isValues(part) ? part.length : 0;
    part = isValues(part) ? part[0] : undefined;
    return typeof size === "number" ? size : found;
  });
}
