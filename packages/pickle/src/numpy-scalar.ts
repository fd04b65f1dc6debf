import { NumpyDType } from "./numpy-dtype.js";
import type { PickleValue } from "./value.js";

/** A NumPy scalar: one element with its type. 64-bit integers within 2^53 - 1 are numbers, others bigints. */
export class NumpyScalar {
  /** As `Stack.example`. */
  static readonly example = new NumpyScalar(NumpyDType.example, 0);

  constructor(
    readonly dtype: NumpyDType,
    readonly value: PickleValue,
  ) {}
}
