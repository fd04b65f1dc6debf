import type { DType, Tensor } from "@modelkeep/core";
import type { Value } from "@modelkeep/onnx";

import type { Table } from "./resources.js";
import type { Shape, Size } from "./sizes.js";

/** An element of a small list of sizes: a number that is known, or one that the model computes when it runs. */
export type Element = number | Computed;

export interface Computed {
  readonly size: Size;
  /** Where it is known that it is no less. */
  readonly atLeast?: number;
  /** int64 `[1]`. */
  readonly draw: () => Value;
}

/**
 * A value of TensorFlow's graph as it is drawn. At first it may be no more than a constant or a list of sizes; it becomes a value
 * of the ONNX graph when a node needs it there. Images may lie in the order that ONNX has (channels first) until something
 * needs them as TensorFlow has them.
 */
export interface Drawn {
  readonly dtype: DType;
  /** As TensorFlow has it, channels last; undefined where not even the rank is known. */
  readonly shape: Shape | undefined;
  readonly tensor?: Tensor | undefined;
  /** Of an integer of rank 0 or a short list. */
  readonly elements?: readonly Element[] | undefined;
  /** Of a table that is looked up in. */
  readonly table?: Table;
  /** Of a list of tensors, as loops keep what they read and write. */
  readonly list?: TensorList;
  /** Its bits are those of this value. */
  readonly bitsOf?: Drawn;
  value?: Value | undefined;
  /** The same with channels first. */
  channelsFirst?: Value | undefined;
}

export interface TensorList {
  /** All tensors of the list in one, along a first dimension of their own; undefined before anything was written. */
  readonly stacked?: Drawn;
  /** How many there are. */
  readonly count?: Element;
  /** What a turn of a loop writes. */
  readonly written?: { readonly place: Drawn; readonly item: Drawn };
  /** Of the list that a loop writes to, within it. */
  readonly writing?: boolean;
}

/** Lists up to this length are followed element by element. */
export const mostElements = 256;
