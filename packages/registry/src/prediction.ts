import { ModelkeepError, type Tensor, tensorElements, type TensorMap, type Value } from "@modelkeep/core";

/** What a model answered: tensors by output name, and the same as plain values. */
export class Prediction {
  readonly tensors: TensorMap;

  constructor(tensors: TensorMap) {
    this.tensors = tensors;
  }

  /** One record per row of input, by output name: a value, or an array where the output has further dimensions. */
  get rows(): Record<string, Value | readonly Value[]>[] {
    const columns = [...this.tensors].map(([name, tensor]) => ({ name, values: rowValues(tensor) }));
    const count = Math.max(0, ...columns.map((column) => column.values.length));
    return Array.from({ length: count }, (_, row) =>
      Object.fromEntries(columns.map(({ name, values }) => [name, values[row]!])),
    );
  }

  /** The rows of one output, of the first one without a name. */
  values(name?: string): (Value | readonly Value[])[] {
    const tensor = name === undefined ? this.tensors.values().next().value : this.tensors.get(name);
    if (tensor === undefined)
      throw new ModelkeepError(
        "not_found",
        `There is no output ${JSON.stringify(name ?? "")}; there are: ${[...this.tensors.keys()].join(", ") || "none"}`,
      );
    return rowValues(tensor);
  }
}

function rowValues(tensor: Tensor): (Value | readonly Value[])[] {
  const elements = tensorElements(tensor).map(plainInteger);
  if (tensor.shape.length <= 1) return elements;
  const rows = tensor.shape[0]!;
  const width = elements.length / Math.max(1, rows);
  return Array.from({ length: rows }, (_, row) => elements.slice(row * width, (row + 1) * width));
}

/** Labels and counts as ordinary numbers, which JSON takes; a bigint only where a number would lose digits. */
function plainInteger(value: Value): Value {
  return typeof value === "bigint" && BigInt.asIntN(54, value) === value ? Number(value) : value;
}
