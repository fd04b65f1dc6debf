import {
  dtypeKind,
  type Element,
  isTensor,
  ModelkeepError,
  type Signature,
  type Tensor,
  tensorElements,
  type TensorMap,
  tensorOf,
  type TensorSpec,
} from "@modelkeep/core";

export type Scalar = number | bigint | boolean | string;

/** Records by feature name, rows of numbers, or tensors by input name. */
export type PredictInputs =
  | TensorMap
  | Readonly<Record<string, Tensor>>
  | readonly (readonly Scalar[])[]
  | readonly Readonly<Record<string, Scalar>>[];

/** What a model answered: tensors by output name, and the same as plain values. */
export class Prediction {
  readonly tensors: TensorMap;

  constructor(tensors: TensorMap) {
    this.tensors = tensors;
  }

  /** One record per row of input, by output name: a value, or an array where the output has further dimensions. */
  get rows(): Record<string, Scalar | readonly Scalar[]>[] {
    const columns = [...this.tensors].map(([name, tensor]) => ({ name, values: rowValues(tensor) }));
    const count = Math.max(0, ...columns.map((column) => column.values.length));
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(columns.map(({ name, values }) => [name, values[row]!])),
    );
  }

  /** The rows of one output, of the first one without a name. */
  values(name?: string): (Scalar | readonly Scalar[])[] {
    const tensor = name === undefined ? this.tensors.values().next().value : this.tensors.get(name);
    if (tensor === undefined)
      throw new ModelkeepError(
        "not_found",
        `There is no output ${JSON.stringify(name ?? "")}; there are: ${[...this.tensors.keys()].join(", ") || "none"}`,
      );
    return rowValues(tensor);
  }
}

function rowValues(tensor: Tensor): (Scalar | readonly Scalar[])[] {
  const elements = tensorElements(tensor);
  if (tensor.shape.length <= 1) return elements;
  const rows = tensor.shape[0]!;
  const width = elements.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) => elements.slice(row * width, (row + 1) * width));
}

/** Inputs as the tensors that the signature asks for; `signature_mismatch` names the input or the feature that does not fit. */
export function tensorsOf(inputs: PredictInputs, signature: Signature): TensorMap {
  if (inputs instanceof Map) return checked(inputs as TensorMap, signature);
  if (!Array.isArray(inputs)) return checked(new Map(Object.entries(inputs as Record<string, Tensor>)), signature);
  const rows = inputs as readonly (readonly Scalar[] | Readonly<Record<string, Scalar>>)[];
  if (Array.isArray(rows[0]))
    return checked(new Map([fromMatrix(rows as readonly (readonly Scalar[])[], signature)]), signature);
  return checked(fromRecords(rows as readonly Readonly<Record<string, Scalar>>[], signature), signature);
}

function fromMatrix(rows: readonly (readonly Scalar[])[], { inputs }: Signature): [string, Tensor] {
  const [spec] = inputs;
  if (spec === undefined || inputs.length > 1)
    throw mismatch(
      `The model has ${inputs.length} inputs (${inputs.map((each) => each.name).join(", ")}): give records or tensors`,
    );
  const width = rows[0]?.length ?? 0;
  const uneven = rows.findIndex((row) => row.length !== width);
  if (uneven >= 0) throw mismatch(`Row ${uneven} has ${rows[uneven]!.length} values, row 0 has ${width}`);
  return [
    spec.name,
    tensorFrom(spec, [rows.length, width], rows.flat(), (at) => featureAt(spec, at % width, Math.floor(at / width))),
  ];
}

function fromRecords(rows: readonly Readonly<Record<string, Scalar>>[], { inputs }: Signature): TensorMap {
  const known = new Set(inputs.flatMap((spec) => spec.features ?? [spec.name]));
  for (const [index, row] of rows.entries())
    for (const name of Object.keys(row))
      if (!known.has(name))
        throw mismatch(`Row ${index} has the feature ${JSON.stringify(name)}, which the model does not know`);
  const value = (row: Readonly<Record<string, Scalar>>, name: string, index: number): Scalar => {
    const found = Object.hasOwn(row, name) ? row[name] : undefined;
    if (found === undefined) throw mismatch(`Row ${index} lacks the feature ${JSON.stringify(name)}`);
    return found;
  };
  return new Map(
    inputs.map((spec) => {
      const names = spec.features ?? [spec.name];
      const values = rows.flatMap((row, index) => names.map((name) => value(row, name, index)));
      const shape = spec.features === undefined && spec.shape.length < 2 ? [rows.length] : [rows.length, names.length];
      const where = (at: number) => featureAt(spec, at % names.length, Math.floor(at / names.length));
      return [spec.name, tensorFrom(spec, shape, values, where)];
    }),
  );
}

function tensorFrom(
  spec: TensorSpec,
  shape: number[],
  values: readonly Scalar[],
  where: (at: number) => string,
): Tensor {
  const kind = dtypeKind(spec.dtype);
  const elements = values.map((value, at): Element => {
    if (kind === "string" && typeof value === "string") return value;
    if (kind === "bool" && typeof value === "boolean") return value;
    if (kind === "integer" && (typeof value === "bigint" || Number.isInteger(value))) return value;
    if (kind === "float" && typeof value === "number") return value;
    throw mismatch(
      `${where(at)} is ${JSON.stringify(typeof value === "bigint" ? String(value) : value)}, and must be ${spec.dtype}`,
    );
  });
  return tensorOf(spec.dtype, shape, elements);
}

function featureAt(spec: TensorSpec, column: number, row: number): string {
  return `${JSON.stringify(spec.features?.[column] ?? (spec.shape.length < 2 ? spec.name : `${spec.name}[${column}]`))} in row ${row}`;
}

/** Names, dtypes and shapes; a named dimension has one size throughout. */
function checked(tensors: TensorMap, { inputs }: Signature): TensorMap {
  const sizes = new Map<string, number>();
  for (const spec of inputs) {
    const tensor = tensors.get(spec.name);
    if (tensor === undefined) {
      if (spec.optional === true) continue;
      throw mismatch(`The input "${spec.name}" is missing`);
    }
    if (!isTensor(tensor)) throw mismatch(`The input "${spec.name}" is no tensor`);
    if (tensor.dtype !== spec.dtype)
      throw mismatch(`The input "${spec.name}" is ${tensor.dtype}, and must be ${spec.dtype}`);
    if (tensor.shape.length !== spec.shape.length)
      throw mismatch(
        `The input "${spec.name}" has ${tensor.shape.length} dimensions, and must have ${spec.shape.length}`,
      );
    for (const [axis, wanted] of spec.shape.entries()) {
      const size = tensor.shape[axis]!;
      const expected = typeof wanted === "string" ? (sizes.get(wanted) ?? size) : (wanted ?? size);
      if (typeof wanted === "string") sizes.set(wanted, expected);
      if (size === expected) continue;
      const features =
        axis === spec.shape.length - 1 && spec.features ? `: ${spec.features.slice(0, 12).join(", ")}` : "";
      throw mismatch(`The input "${spec.name}" has ${size} in dimension ${axis}, and must have ${expected}${features}`);
    }
  }
  const names = new Set(inputs.map((spec) => spec.name));
  for (const name of tensors.keys())
    if (!names.has(name)) throw mismatch(`The model has no input "${name}"; it has: ${[...names].join(", ")}`);
  return tensors;
}

function mismatch(message: string): ModelkeepError {
  return new ModelkeepError("signature_mismatch", message);
}
