import type { NumpyDType } from "./numpy-dtype.js";
import type { PickleValue } from "./value.js";

/** A NumPy scalar: one element with its type. 64-bit integers within 2^53 - 1 are numbers, others bigints. */
export class NumpyScalar {
  constructor(
    readonly dtype: NumpyDType,
    readonly value: PickleValue,
  ) {}
}
