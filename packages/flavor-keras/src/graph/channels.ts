import type { Flow, Shape } from "./flow.js";
import type { LayerGraph } from "./layer-graph.js";

/** An image, a series or a volume with its channels at axis 1 in the graph, whichever of the two orders Keras has. */
export interface Channelled {
  readonly value: Flow["value"];
  readonly batch: number | null;
  readonly channels: number | null;
  readonly spatial: Shape;
}

export function channelled(graph: LayerGraph, flow: Flow, channelsFirst: boolean): Channelled {
  const input = graph.float(flow);
  const { shape } = input;
  const value = channelsFirst ? graph.last(input).value : graph.first(input).value;
  return channelsFirst
    ? { value, batch: shape[0]!, channels: shape[1]!, spatial: shape.slice(2) }
    : { value, batch: shape[0]!, channels: shape.at(-1)!, spatial: shape.slice(1, -1) };
}

export function fromChannelled({ value, batch, channels, spatial }: Channelled, channelsFirst: boolean): Flow {
  return channelsFirst
    ? { value, shape: [batch, channels, ...spatial], dtype: "float32" }
    : { value, shape: [batch, ...spatial, channels], dtype: "float32", channelsFirst: true };
}
