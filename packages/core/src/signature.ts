import type { DType } from "./dtype.js";
import type { Tensor } from "./tensor.js";

/** A number, a name for a size that varies ("batch"), or null for a size nothing is known about. */
export type Dimension = number | string | null;

/** One input or output of a model: its name, dtype and shape, and what its values may be. */
export interface TensorSpec {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly Dimension[];
  /** Names of the columns, when the last dimension is features. */
  readonly features?: readonly string[] | undefined;
  /** Values that a string or integer input may have, or the classes of an output. */
  readonly categories?: readonly (string | number | boolean)[] | undefined;
  /** The model takes it and does not read it: any value will do. */
  readonly ignored?: boolean | undefined;
  readonly optional?: boolean | undefined;
  readonly description?: string | undefined;
}

/** What goes in and comes out: names, dtypes, shapes. Never an attestation. */
export interface Signature {
  readonly inputs: readonly TensorSpec[];
  readonly outputs: readonly TensorSpec[];
}

/** Tensors by the names of the signature. A Map, since names come from files. */
export type TensorMap = ReadonlyMap<string, Tensor>;
