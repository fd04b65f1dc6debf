import { type Ensemble, fewRows } from "./ensemble.js";
import { given, type Kernel } from "./kernel.js";
import { cast } from "./kernels/cast.js";
import { SmallNodes } from "./small-nodes.js";
import { count, type Numbers, type Value } from "./value.js";

/**
 * Adds up, for each row, the rows of a table that the leaves of an ensemble name, in the order of the trees. `undefined`
 * unless every leaf names one, and every tree has a target of its own. With `rounds`, its input is rounded to float32 first.
 */
export function leafSum(ensemble: Ensemble, table: Value, rounds: boolean): Kernel | undefined {
  if (table.dtype !== "float64" || table.shape.length !== 2) return undefined;
  const numbers = leafRows(ensemble, table);
  if (numbers === undefined) return undefined;
  const columns = table.shape[1]!;
  const values = table.data as Float64Array;
  const starts = numbers.map((row) => row * columns);
  const small = ensemble.plain ? SmallNodes.of(ensemble.trees, numbers) : undefined;
  const floats = Array.from({ length: fewRows - 1 }, () => new Float64Array(ensemble.trees.columns));
  return (inputs) => {
    const x = given(inputs, 0);
    const rows = x.shape[0] ?? 0;
    const shape = [rows, columns];
    const data = new Float64Array(count(shape));
    if (small !== undefined && rows < fewRows && x.dtype !== "string") {
      ensemble.checkShape(x);
      if (readFloats(x.data as Numbers, x.shape[1]!, rows, rounds, floats)) {
        for (let row = 0; row < rows; row++) {
          const sums = rows === 1 ? data : data.subarray(row * columns, (row + 1) * columns);
          small.addLeaves(floats[row]!, values, sums);
        }
        return [{ dtype: "float64", shape, data }];
      }
    }
    const rounded = rounds ? cast(cast(x, "float32"), "float64") : x;
    ensemble.walk(rounded, (leaves, count, row, step) =>
      addRows(data, row * columns, step * columns, values, starts, leaves, count, columns),
    );
    return [{ dtype: "float64", shape, data }];
  };
}

/** Puts the beginning of each row into `floats`; false where one is NaN or, unless it is rounded, no float32. */
function readFloats(
  data: Numbers,
  width: number,
  rows: number,
  rounds: boolean,
  floats: readonly Float64Array[],
): boolean {
  let fits = true;
  for (let row = 0; row < rows; row++) {
    const target = floats[row]!;
    for (let column = 0; column < target.length; column++) {
      const value = data[row * width + column]!;
      const rounded = Math.fround(value);
      target[column] = rounded;
      fits &&= rounds ? !Number.isNaN(rounded) : rounded === value;
    }
  }
  return fits;
}

function addRows(
  data: Float64Array,
  base: number,
  step: number,
  values: Float64Array,
  starts: Int32Array,
  leaves: Int32Array,
  count: number,
  columns: number,
): void {
  for (let at = 0, row = base; at < count; at++, row += step) {
    const start = starts[leaves[at]!]!;
    for (let column = 0; column < columns; column++) data[row + column]! += values[start + column]!;
  }
}

/** Per packed node the row of the table that its leaf names. */
function leafRows({ trees, targets, aggregate }: Ensemble, table: Value): Int32Array | undefined {
  const { roots, links, weights } = trees;
  const [rows = 0] = table.shape;
  if (aggregate !== 1 || targets !== roots.length || (table.data as Numbers).length >= 2 ** 31) return undefined;
  const numbers = new Int32Array(weights.length);
  for (let tree = 0; tree < roots.length; tree++) {
    const end = roots[tree + 1] ?? weights.length;
    for (let at = roots[tree]!; at < end; at++) {
      if (links[4 * at + 3] !== at) continue;
      const row = weights[at]!;
      if (trees.targets[at] !== tree || !Number.isInteger(row) || row < 0 || row >= rows) return undefined;
      numbers[at] = row;
    }
  }
  return numbers;
}
