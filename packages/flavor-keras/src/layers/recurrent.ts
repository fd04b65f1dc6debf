import type { Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import { inputFault } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";
import { type Recurrence, type Recurrent, recurrentOf } from "./recurrence.js";

/** What Keras gives of a recurrence: the last state or the sequence, in the order in which it was read, then the states. */
function outputsOf(
  graph: LayerGraph,
  recurrent: Recurrent,
  recurrence: Recurrence,
  input: Flow,
  inOrder: boolean,
): Flow[] {
  const [batch, steps] = input.shape as [number | null, number | null];
  const { units, returnSequences, returnState } = recurrent;
  const { sequence, states } = recurrence;
  const turned = recurrent.backwards && !inOrder ? flipped(graph, sequence) : sequence;
  const main: Flow = returnSequences
    ? {
        value: turned,
        shape: [batch, steps, units],
        dtype: "float32",
        ...(input.mask !== undefined && { mask: input.mask }),
      }
    : { value: states[0]!, shape: [batch, units], dtype: "float32" };
  return [
    main,
    ...(returnState ? states.map((value): Flow => ({ value, shape: [batch, units], dtype: "float32" })) : []),
  ];
}

function flipped(graph: LayerGraph, sequence: Value): Value {
  return graph.slice(sequence, [-1], [-(2 ** 31 - 1)], [1], [-1]);
}

const recurrent: LayerKind = {
  classes: ["LSTM", "GRU", "SimpleRNN", "RNN"],
  mask: "own",
  inputs: 5,
  arguments: ["initial_state"],
  limits: "not stateful; some activations",
  prepare(layer, weights) {
    const read = recurrentOf(layer, weights);
    return (graph, inputs, named) => {
      const [input, ...more] = inputs;
      const states = named.get("initial_state") ?? (more.length > 0 ? more : undefined);
      checkStates(layer, states, read!.stateCount, read!.units);
      return outputsOf(graph, read!, read!.run(graph, input!, states), input!, false);
    };
  },
};

function checkStates(layer: LayerConfig, states: readonly Flow[] | undefined, count: number, units: number): void {
  if (states === undefined) return;
  if (states.length !== count || states.some(({ shape }) => shape.length !== 2 || shape[1] !== units))
    throw inputFault(layer, states[0]?.shape ?? [], `an initial state of ${count} x [batch, ${units}]`);
}

const bidirectional: LayerKind = {
  classes: ["Bidirectional"],
  mask: "own",
  inputs: 5,
  arguments: ["initial_state"],
  limits: "as what it wraps",
  prepare(layer, weights) {
    const inner = layer.inner("layer");
    if (inner === undefined) throw layer.fault("layer", "a layer");
    const name = inner.name.replace(/^forward_/u, "");
    const own =
      layer.inner("backward_layer") ?? inner.with({ go_backwards: !inner.boolean("go_backwards", false), name });
    const backName = `backward_${own.name.replace(/^backward_/u, "")}|${own.name}`;
    // Keras 2 gives zeros for the steps that don't count, whatever the layer within says.
    const read = (each: LayerConfig) =>
      layer.keras === 2 ? each.with({ zero_output_for_mask: each.boolean("return_sequences", false) }) : each;
    const forward = recurrentOf(read(inner), weights.within("forward_layer", `forward_${name}`));
    const backward = recurrentOf(read(own), weights.within("backward_layer", backName));
    const merge =
      layer.get("merge_mode") === null
        ? undefined
        : layer.oneOf("merge_mode", ["concat", "sum", "ave", "mul"], "concat");
    return (graph, inputs, named) => {
      const [input, ...more] = inputs;
      const states = named.get("initial_state") ?? (more.length > 0 ? more : undefined);
      const half = forward!.stateCount;
      checkStates(layer, states, half * 2, forward!.units);
      const there = outputsOf(graph, forward!, forward!.run(graph, input!, states?.slice(0, half)), input!, false);
      const back = outputsOf(graph, backward!, backward!.run(graph, input!, states?.slice(half)), input!, true);
      const main = merge === undefined ? [there[0]!, back[0]!] : [merged(graph, there[0]!, back[0]!, merge)];
      return [...main, ...there.slice(1), ...back.slice(1)];
    };
  },
};

function merged(graph: LayerGraph, a: Flow, b: Flow, mode: "concat" | "sum" | "ave" | "mul"): Flow {
  if (mode === "concat")
    return {
      ...a,
      value: graph.concat([a.value, b.value], -1),
      shape: [...a.shape.slice(0, -1), a.shape.at(-1)! + b.shape.at(-1)!],
    };
  if (mode === "mul") return { ...a, value: graph.mul(a.value, b.value) };
  const sum = graph.add(a.value, b.value);
  return { ...a, value: mode === "sum" ? sum : graph.div(sum, graph.float32(2)) };
}

export const recurrentKinds: readonly LayerKind[] = [recurrent, bidirectional];
