import type { ModelkeepError } from "@modelkeep/core";

import { malformed } from "../config/json.js";
import type { LayerConfig } from "../config/layer-config.js";
import { refusalOf } from "../config/obstacles.js";
import { type Shape, shapeText } from "../graph/flow.js";

/** A layer that was given something whose shape it cannot take. */
export function inputFault(layer: LayerConfig, shape: Shape, wanted: string): Error {
  return malformed(
    `The layer ${JSON.stringify(layer.where)} (${layer.className}) is given the shape ${shapeText(shape)}, where ${wanted} belongs`,
  );
}

/** A weight that does not agree with the configuration or the input. */
export function checkWeight(
  layer: LayerConfig,
  name: string,
  { shape }: { readonly shape: readonly number[] },
  wanted: Shape,
): void {
  if (shape.length !== wanted.length || shape.some((size, at) => wanted[at] !== null && wanted[at] !== size))
    throw malformed(
      `The weight ${name} of ${JSON.stringify(layer.where)} (${layer.className}) has the shape ${shapeText(shape)}, where ${shapeText(wanted)} belongs`,
    );
}

/** A weight that is spread over the sizes of an input, without its batch. */
export function checkBroadcast(layer: LayerConfig, name: string, shape: readonly number[], input: Shape): void {
  const fits =
    shape.length === input.length && shape.every((size, at) => size === 1 || input[at] === null || input[at] === size);
  if (!fits)
    throw malformed(
      `The weight ${name} of ${JSON.stringify(layer.where)} (${layer.className}) has the shape ${shapeText(shape)}, which does not fit ${shapeText(input)}`,
    );
}

export function rankOf(layer: LayerConfig, shape: Shape, rank: number): void {
  if (shape.length !== rank) throw inputFault(layer, shape, `one of ${rank} axes`);
}

/** The axis counted from the first; `malformed` outside of the shape. */
export function axisWithin(layer: LayerConfig, axis: number, shape: Shape): number {
  const own = axis < 0 ? axis + shape.length : axis;
  if (own < 0 || own >= shape.length) throw inputFault(layer, shape, `one with an axis ${axis}`);
  return own;
}

/** A size that must be known to draw the layer. */
export function knownSize(layer: LayerConfig, shape: Shape, axis: number): number {
  const size = shape[axis];
  if (size === null || size === undefined) throw openSize(layer, shape);
  return size;
}

export function openSize(layer: LayerConfig, shape: Shape): ModelkeepError {
  return unsupportedHere(
    layer,
    `its input has the shape ${shapeText(shape)}, of which it needs every size but that of the batch: give the model an input of a fixed size`,
  );
}

export function unsupportedHere(layer: LayerConfig, reason: string): ModelkeepError {
  return refusalOf([{ layer: layer.where, class: layer.className, reason }]);
}

export function maskFault(layer: LayerConfig): ModelkeepError {
  return unsupportedHere(
    layer,
    "a mask reaches it (from an Embedding with mask_zero, or from Masking), and it would leave out steps, which has no ONNX form here",
  );
}
