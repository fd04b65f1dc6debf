import type { Json, Signature, Tensor, TensorMap } from "@modelkeep/core";

export interface MlflowExample {
  /** Fields of `saved_input_example_info`. */
  readonly about: Readonly<Record<string, string>>;
  readonly content: Json;
}

const mostRows = 5;

/** A few rows as MLflow keeps them: a frame where every input is a column, an array where there is one; else none. */
export function mlflowExample(inputs: TensorMap, signature: Signature | undefined): MlflowExample | undefined {
  const names = signature?.inputs.map((input) => input.name).filter((name) => inputs.has(name)) ?? [...inputs.keys()];
  const tensors = names.map((name) => inputs.get(name)!);
  const rows = Math.min(mostRows, tensors[0]?.shape[0] ?? 0);
  if (rows === 0) return undefined;
  if (tensors.every(({ shape }) => shape.length === 2 && shape[1] === 1)) {
    const data = Array.from({ length: rows }, (_, row) => tensors.map((tensor) => element(tensor, row)));
    return { about: { type: "dataframe", pandas_orient: "split" }, content: { columns: names, data } };
  }
  const [only] = tensors;
  if (only === undefined || tensors.length > 1 || only.shape.length !== 2) return undefined;
  const width = only.shape[1]!;
  const data = Array.from({ length: rows }, (_, row) =>
    Array.from({ length: width }, (__, column) => element(only, row * width + column)),
  );
  return { about: { type: "ndarray", format: "tf-serving" }, content: { inputs: data } };
}

function element({ data, dtype }: Tensor, index: number): Json {
  const value = data[index]!;
  if (dtype === "bool") return value === 1;
  if (typeof value === "bigint") return Number(value);
  return typeof value === "number" && !Number.isFinite(value) ? null : value;
}
