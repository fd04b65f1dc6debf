import type { DType } from "@modelkeep/core";
import type { Value } from "@modelkeep/onnx";

/** Sizes as Keras knows them, the batch first; null where one is open. */
export type Shape = readonly (number | null)[];

/** What flows from layer to layer. */
export interface Flow {
  readonly value: Value;
  /** As Keras has it, whatever the order of axes in the graph. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** In the graph, the channels are at axis 1; Keras has them last. */
  readonly channelsFirst?: boolean;
  /** bool `[batch, steps]`: which steps count; false where only some of what was merged had a mask. */
  readonly mask?: Value | false;
}

export function shapeText(shape: Shape): string {
  return `[${shape.map((size) => size ?? "?").join(", ")}]`;
}

/** The product of sizes; null if one is open. */
export function product(sizes: Shape): number | null {
  let total = 1;
  for (const size of sizes) {
    if (size === null) return null;
    total *= size;
  }
  return total;
}
