import type { Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import type { Float32Weight, Weights } from "../weights/weights.js";
import { checkWeight, inputFault, maskFault, rankOf } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

interface Projection {
  readonly kernel: Float32Weight;
  readonly bias: Float32Weight | undefined;
}

function projectionOf(
  layer: LayerConfig,
  weights: Weights,
  part: string,
  legacy: string,
  withBias: boolean,
): Projection {
  const [kernel, bias] = weights.within(`${part}_dense`, legacy).take(withBias ? ["kernel", "bias"] : ["kernel"]);
  if (kernel!.shape.length !== 3) checkWeight(layer, `${part} kernel`, kernel!, [null, null, null]);
  return { kernel: kernel!, bias };
}

/** `[batch, steps, features]` to `[batch, heads, steps, size]`. */
function project(graph: LayerGraph, layer: LayerConfig, flow: Flow, { kernel, bias }: Projection): Value {
  rankOf(layer, flow.shape, 3);
  const [features, heads, size] = kernel.shape as [number, number, number];
  if (flow.shape[2] !== features) throw inputFault(layer, flow.shape, `one of ${features} features`);
  const input = graph.last(graph.float(flow));
  const product = graph.matmul(input.value, graph.float32(kernel.data, [features, heads * size]));
  const sum = bias === undefined ? product : graph.add(product, graph.float32(bias.data, [heads * size]));
  return graph.transpose(graph.reshape(sum, [0, -1, heads, size]), [0, 2, 1, 3]);
}

const multiHead: LayerKind = {
  classes: ["MultiHeadAttention"],
  inputs: 3,
  mask: "own",
  arguments: ["value", "key"],
  limits: "attention over the steps; no mask, no scores",
  prepare(layer, weights) {
    const heads = layer.integer("num_heads");
    const keySize = layer.integer("key_dim");
    const withBias = layer.boolean("use_bias", true);
    layer.only("use_gate", false, "gated attention has no ONNX form here");
    const axes = layer.get("attention_axes") ?? null;
    if (axes !== null && JSON.stringify([axes].flat()) !== "[1]")
      layer.obstacle("attention_axes", "attention over other axes than the steps has no ONNX form here");
    const query = projectionOf(layer, weights, "query", "query", withBias);
    const key = projectionOf(layer, weights, "key", "key", withBias);
    const value = projectionOf(layer, weights, "value", "value", withBias);
    const output = projectionOf(layer, weights, "output", "attention_output", withBias);
    checkWeight(layer, "query kernel", query.kernel, [null, heads, keySize]);
    checkWeight(layer, "key kernel", key.kernel, [null, heads, keySize]);
    checkWeight(layer, "value kernel", value.kernel, [null, heads, null]);
    const valueSize = value.kernel.shape[2]!;
    checkWeight(layer, "output kernel", output.kernel, [heads, valueSize, null]);
    const width = output.kernel.shape[2]!;
    return (graph, inputs, named) => {
      const given = named.get("value")?.[0] ?? inputs[1];
      if (inputs[0] === undefined || given === undefined) throw inputFault(layer, [], "a query and a value");
      const keys = named.get("key")?.[0] ?? inputs[2] ?? given;
      if ([inputs[0], given, keys].some(({ mask }) => mask !== undefined)) throw maskFault(layer);
      const q = graph.mul(project(graph, layer, inputs[0], query), graph.float32(1 / Math.sqrt(keySize)));
      const k = graph.transpose(project(graph, layer, keys, key), [0, 1, 3, 2]);
      const v = project(graph, layer, given, value);
      const mixed = graph.transpose(graph.matmul(graph.softmax(graph.matmul(q, k)), v), [0, 2, 1, 3]);
      const joined = graph.reshape(mixed, [0, -1, heads * valueSize]);
      const product = graph.matmul(joined, graph.float32(output.kernel.data, [heads * valueSize, width]));
      const sum = output.bias === undefined ? product : graph.add(product, graph.weight(output.bias));
      return { value: sum, shape: [...inputs[0].shape.slice(0, 2), width], dtype: "float32" };
    };
  },
};

const dotAttention: LayerKind = {
  classes: ["Attention"],
  inputs: 3,
  mask: "own",
  limits: "score_mode dot; no mask, no scores",
  prepare(layer, weights) {
    if ((layer.get("score_mode") ?? "dot") !== "dot")
      layer.obstacle("score_mode", "other scores than dot have no ONNX form here");
    const [scale] = layer.boolean("use_scale", false) ? weights.take(["scale"]) : [];
    return (graph, inputs) => {
      const [query, value, key = value] = inputs;
      if (query === undefined || value === undefined) throw inputFault(layer, [], "a query and a value");
      for (const flow of [query, value, key!]) {
        rankOf(layer, flow.shape, 3);
        if (flow.mask !== undefined) throw maskFault(layer);
      }
      const [q, v, k] = [query, value, key!].map((flow) => graph.last(graph.float(flow)).value) as [
        Value,
        Value,
        Value,
      ];
      const product = graph.matmul(q, graph.transpose(k, [0, 2, 1]));
      const scores = scale === undefined ? product : graph.mul(product, graph.float32(scale.data[0]!));
      return {
        value: graph.matmul(graph.softmax(scores), v),
        shape: [...query.shape.slice(0, 2), value.shape[2]!],
        dtype: "float32",
      };
    };
  },
};

export const attentionKinds: readonly LayerKind[] = [multiHead, dotAttention];
