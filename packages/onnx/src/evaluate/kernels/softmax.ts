import { given, type KernelFactory, type KernelTable } from "../kernel.js";
import { around, axisOf, numbers, zeros } from "../value.js";

/** Shifted by the greatest element of the axis, as everywhere. */
const softmax =
  (logarithm: boolean): KernelFactory =>
  (node) => {
    const along = node.int("axis", -1);
    return (inputs) => {
      const x = numbers(given(inputs, 0));
      const { outer, size, inner } = around(x.shape, axisOf(along, x.shape.length));
      const data = zeros(x.dtype, x.data.length);
      for (let block = 0; block < outer; block++) {
        for (let column = 0; column < inner; column++) {
          const base = block * size * inner + column;
          let peak = Number.NEGATIVE_INFINITY;
          for (let at = 0; at < size; at++) peak = Math.max(peak, x.data[base + at * inner]!);
          let sum = 0;
          for (let at = 0; at < size; at++) sum += Math.exp(x.data[base + at * inner]! - peak);
          for (let at = 0; at < size; at++) {
            const shifted = x.data[base + at * inner]! - peak;
            data[base + at * inner] = logarithm ? shifted - Math.log(sum) : Math.exp(shifted) / sum;
          }
        }
      }
      return [{ dtype: x.dtype, shape: x.shape, data }];
    };
  };

export const softmaxes: KernelTable = { Softmax: softmax(false), LogSoftmax: softmax(true) };
