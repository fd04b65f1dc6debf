import { ModelkeepError, Tensor } from "@modelkeep/core";

/** What ml-matrix's classes have in common, as far as it is needed to read them. */
export interface MatrixLike {
  readonly rows: number;
  readonly columns: number;
  get(row: number, column: number): number;
}

export type Rows = readonly (readonly number[])[];

export function isMatrixLike(value: unknown): value is MatrixLike {
  const { rows, columns, get } = (value ?? {}) as Partial<MatrixLike>;
  return Number.isSafeInteger(rows) && Number.isSafeInteger(columns) && typeof get === "function";
}

/** A matrix or array of rows as a float64 tensor [rows, columns]. */
export function matrixToTensor(matrix: MatrixLike | Rows, what: string): Tensor {
  const rows = isMatrixLike(matrix) ? matrix.rows : matrix.length;
  const columns = isMatrixLike(matrix) ? matrix.columns : (matrix[0]?.length ?? 0);
  const data = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    if (!isMatrixLike(matrix) && matrix[row]!.length !== columns)
      throw new ModelkeepError("invalid_input", `${what} has rows of different length`);
    for (let column = 0; column < columns; column++) {
      data[row * columns + column] = isMatrixLike(matrix) ? matrix.get(row, column) : matrix[row]![column]!;
    }
  }
  return new Tensor("float64", [rows, columns], data);
}

/** A float64 tensor [rows, columns] as arrays. */
export function tensorToRows(tensor: Tensor): number[][] {
  const [rows = 0, columns = 0] = tensor.shape;
  const data = tensor.data as Float64Array;
  return Array.from({ length: rows }, (_, row) => Array.from(data.subarray(row * columns, (row + 1) * columns)));
}

export function vector(values: ArrayLike<number>): Tensor {
  return new Tensor("float64", [values.length], Float64Array.from(values));
}
