import { Tensor } from "@modelkeep/core";
import { transposeTensor } from "@modelkeep/onnx";

import type { Float32Weight } from "./weights.js";

/** The weight with its axes in another order: axis `at` of the result is axis `order[at]` of the weight. */
export function permute({ shape, data }: Float32Weight, order: readonly number[]): Float32Weight {
  const turned = transposeTensor(new Tensor("float32", shape, data), order);
  return { shape: turned.shape, data: turned.data as Float32Array };
}
