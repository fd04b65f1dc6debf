import { dtypeInfo, ModelkeepError, Tensor } from "@modelkeep/core";

import { strided } from "./evaluate/strided.js";
import { stridesOf } from "./evaluate/value.js";

/** A constant with its axes in another order: axis `at` of the result is axis `order[at]` of the tensor. Not for elements of less than a byte. */
export function transposeTensor({ dtype, shape, data }: Tensor, order: readonly number[]): Tensor {
  const { array, bits } = dtypeInfo(dtype);
  if (array !== undefined && bits < 8)
    throw new ModelkeepError("unsupported", `The axes of a tensor of ${dtype} can't be put in another order`);
  const strides = stridesOf(shape);
  const sizes = order.map((axis) => shape[axis]!);
  const index = strided(
    sizes,
    order.map((axis) => strides[axis]!),
  );
  if (array === undefined)
    return new Tensor(
      dtype,
      sizes,
      Array.from(index, (at) => data[at] as string),
    );
  const source = data as Float32Array;
  const target = new array(index.length) as Float32Array;
  for (let at = 0; at < index.length; at++) target[at] = source[index[at]!]!;
  return new Tensor(dtype, sizes, target);
}
