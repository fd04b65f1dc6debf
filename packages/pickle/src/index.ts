export type { Compression } from "./decompress/decompress.js";
export { PickleDict } from "./dict.js";
export type { Memory } from "./input.js";
export type { PickleLimits } from "./limits.js";
export { NumpyArray } from "./numpy-array.js";
export { NumpyDType, type NumpyField } from "./numpy-dtype.js";
export { NumpyScalar } from "./numpy-scalar.js";
export { type PickleFile, readPickle, type ReadPickleOptions } from "./read.js";
export { PickleGlobal, PickleObject, PickleSet, PickleTuple, type PickleValue } from "./value.js";
