import { count } from "./value.js";

/** The indexes that a walk over `shape` with these steps visits. */
export function strided(shape: readonly number[], steps: readonly number[], start = 0): Int32Array {
  const index = new Int32Array(count(shape));
  const position = shape.map(() => 0);
  let source = start;
  for (let at = 0; at < index.length; at++) {
    index[at] = source;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += steps[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      source -= steps[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return index;
}
