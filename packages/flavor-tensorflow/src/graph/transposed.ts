import { dtypeInfo, Tensor } from "@modelkeep/core";

/** A constant with its axes in another order. Not for texts. */
export function transposed(tensor: Tensor, order: readonly number[]): Tensor {
  const { dtype, data } = tensor;
  const { array } = dtypeInfo(dtype);
  const shape = order.map((axis) => tensor.shape[axis]!);
  const strides = tensor.shape.map((_, axis) => tensor.shape.slice(axis + 1).reduce((sum, size) => sum * size, 1));
  const steps = order.map((axis) => strides[axis]!);
  const source = data as Float32Array;
  const target = new array!(tensor.size) as Float32Array;
  const place = shape.map(() => 0);
  let from = 0;
  for (let at = 0; at < target.length; at++) {
    target[at] = source[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++place[axis]! < shape[axis]!) break;
      from -= steps[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return new Tensor(dtype, shape, target);
}
