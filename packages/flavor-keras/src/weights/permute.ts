import type { Float32Weight } from "./weights.js";

/** The weight with its axes in another order: axis `at` of the result is axis `order[at]` of the weight. */
export function permute({ shape, data }: Float32Weight, order: readonly number[]): Float32Weight {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((size, each) => size * each, 1));
  const sizes = order.map((axis) => shape[axis]!);
  const steps = order.map((axis) => strides[axis]!);
  const result = new Float32Array(data.length);
  const position = sizes.map(() => 0);
  let from = 0;
  for (let to = 0; to < result.length; to++) {
    result[to] = data[from]!;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++position[axis]! < sizes[axis]!) break;
      from -= steps[axis]! * sizes[axis]!;
      position[axis] = 0;
    }
  }
  return { shape: sizes, data: result };
}
