import type { ExpectedShape, Fitted } from "./fitted.js";
import { asSparseRows, type NumberArray } from "./python-value.js";

/** More elements than this are not made of a sparse matrix. */
const mostElements = 50_000_000;

/** A matrix that may be stored sparse: `unsupported` when it would be too large in full. */
export function denseArray(fitted: Fitted, attribute: string, shape: ExpectedShape): NumberArray {
  const sparse = asSparseRows(fitted.raw(attribute));
  if (sparse === undefined) return fitted.array(attribute, shape);
  const { rows, columns, pointers, indices, data, columnwise } = sparse;
  if (rows * columns > mostElements)
    throw fitted.unsupported(
      attribute,
      `its ${attribute} is a sparse matrix of ${rows} x ${columns}: too large in full`,
    );
  const values = new Float64Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let at = pointers[row]!; at < pointers[row + 1]!; at++) {
      const column = indices[at]!;
      values[columnwise ? column * rows + row : row * columns + column] = data[at]!;
    }
  }
  const have = columnwise ? [columns, rows] : [rows, columns];
  if (shape.length !== 2 || shape.some((size, axis) => size !== undefined && size !== have[axis]))
    throw fitted.wrong(attribute, `has the shape [${have.join(", ")}]`);
  return { shape: have, data: values, dtype: "float64" };
}
