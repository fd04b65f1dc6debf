import type { LayerConfig } from "../config/layer-config.js";

/** One spatial axis of a convolution or a pooling. */
export interface Window {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
}

export type Padding = "valid" | "same" | "causal";

/** How many elements are put before and behind an axis; undefined where it depends on a size that is open. */
export function padsOf(size: number | null, window: Window, padding: Padding): readonly [number, number] | undefined {
  if (padding === "valid") return [0, 0];
  const reach = (window.kernel - 1) * window.dilation + 1;
  if (padding === "causal") return [reach - 1, 0];
  if (size === null) {
    if (window.stride !== 1) return undefined;
    return halves(reach - 1);
  }
  return halves(Math.max((Math.ceil(size / window.stride) - 1) * window.stride + reach - size, 0));
}

/** TensorFlow puts the odd element behind. */
function halves(total: number): readonly [number, number] {
  const before = Math.floor(total / 2);
  return [before, total - before];
}

export function sizeAfter(size: number | null, window: Window, padding: Padding): number | null {
  if (size === null) return null;
  if (padding !== "valid") return Math.ceil(size / window.stride);
  const reach = (window.kernel - 1) * window.dilation + 1;
  return Math.floor((size - reach) / window.stride) + 1;
}

/** "Conv2D": 2. */
export function spatialRank(layer: LayerConfig): number {
  return Number(/(\d)D/u.exec(layer.className)![1]);
}

/** Where Keras has the channels. */
export function channelsFirst(layer: LayerConfig): boolean {
  return layer.oneOf("data_format", ["channels_last", "channels_first"], "channels_last") === "channels_first";
}
