import { type Attributes, floats, int, type Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import type { Float32Weight, Weights } from "../weights/weights.js";
import { MaskedSteps } from "../graph/masked-steps.js";
import { activationOf } from "./activations.js";
import { checkWeight, inputFault, maskFault, rankOf } from "./checks.js";
import type { LayerKind } from "./layer-kind.js";

/** Activations within a recurrent operator, with what their functions take. */
const recurrentActivations: Readonly<Record<string, { name: string; alpha?: number; beta?: number }>> = {
  tanh: { name: "Tanh" },
  sigmoid: { name: "Sigmoid" },
  relu: { name: "Relu" },
  linear: { name: "Affine", alpha: 1, beta: 0 },
  elu: { name: "Elu", alpha: 1 },
  leaky_relu: { name: "LeakyRelu", alpha: 0.2 },
  softsign: { name: "Softsign" },
  softplus: { name: "Softplus" },
};

/** Which operator a cell is, how many gates it has and in which order ONNX wants them. */
const operators = {
  LSTM: { gates: [0, 3, 1, 2], activations: ["recurrent_activation", "activation", "activation"] },
  GRU: { gates: [0, 1, 2], activations: ["recurrent_activation", "activation"] },
  RNN: { gates: [0], activations: ["activation"] },
} as const;

type Operator = keyof typeof operators;

const operatorOf: Readonly<Record<string, Operator>> = {
  LSTM: "LSTM",
  LSTMCell: "LSTM",
  GRU: "GRU",
  GRUCell: "GRU",
  SimpleRNN: "RNN",
  SimpleRNNCell: "RNN",
};

/** What a recurrent layer gives for one call. */
export interface Recurrence {
  /** `[batch, steps, units]`, in the order of the input, whichever way it was read. */
  readonly sequence: Value;
  /** `[batch, units]`: the state after the last step that was read; for LSTM, the cell's too. */
  readonly states: readonly Value[];
}

export interface Recurrent {
  readonly units: number;
  readonly backwards: boolean;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly stateCount: number;
  run(graph: LayerGraph, input: Flow, states: readonly Flow[] | undefined): Recurrence;
}

/** Reads a recurrent layer; undefined, with an obstacle, if it is of another kind. */
export function recurrentOf(layer: LayerConfig, weights: Weights): Recurrent | undefined {
  const cell = layer.className === "RNN" ? layer.inner("cell") : layer;
  const operator = cell === undefined ? undefined : operatorOf[cell.className];
  if (cell === undefined || operator === undefined) {
    layer.obstacle("cell", `${cell?.className ?? "a list of cells"} has no ONNX form here`);
    return undefined;
  }
  layer.only("stateful", false, "a state kept from batch to batch has no ONNX form here");
  layer.only("time_major", false, "inputs with the steps before the batch have no ONNX form here");
  const units = cell.integer("units");
  const { gates, activations } = operators[operator];
  const functions = activations.map((key) => functionOf(cell, key, operator));
  const withBias = cell.boolean("use_bias", true);
  const afterReset = operator === "GRU" && cell.boolean("reset_after", layer.keras === 3);
  const own = weights.within("cell", `${cell.className.replace(/Cell$/u, "").toLowerCase()}_cell`);
  const [kernel, recurrent, bias] = own.take(["kernel", "recurrent_kernel", ...(withBias ? ["bias"] : [])]);
  const width = units * gates.length;
  checkWeight(cell, "kernel", kernel!, [null, width]);
  checkWeight(cell, "recurrent_kernel", recurrent!, [units, width]);
  if (bias !== undefined) checkWeight(cell, "bias", bias, afterReset ? [2, width] : [width]);
  const features = kernel!.shape[0]!;
  const backwards = layer.boolean("go_backwards", false);
  const attributes: Attributes = {
    hidden_size: int(units),
    direction: backwards ? "reverse" : "forward",
    activations: functions.map(({ name }) => name),
    ...parameters(
      "activation_alpha",
      functions.map(({ alpha }) => alpha),
    ),
    ...parameters(
      "activation_beta",
      functions.map(({ beta }) => beta),
    ),
    ...(operator === "GRU" && { linear_before_reset: int(afterReset) }),
  };
  return {
    units,
    backwards,
    returnSequences: layer.boolean("return_sequences", false),
    returnState: layer.boolean("return_state", false),
    stateCount: operator === "LSTM" ? 2 : 1,
    run(graph, given, states) {
      rankOf(layer, given.shape, 3);
      if (given.shape[2] !== features) throw inputFault(layer, given.shape, `one of ${features} features`);
      if (given.mask === false) throw maskFault(layer);
      const input = graph.last(graph.float(given));
      const masked = given.mask === undefined ? undefined : new MaskedSteps(graph, given.mask);
      const initial = states?.map((state) => graph.unsqueeze(graph.float(state).value, [0])) ?? [];
      const values = graph.op(
        "",
        operator,
        [
          graph.transpose(masked?.counted(input.value, features) ?? input.value, [1, 0, 2]),
          graph.weight(gatesAsRows(kernel!, units, gates)),
          graph.weight(gatesAsRows(recurrent!, units, gates)),
          bias === undefined ? "" : graph.weight(biasOf(bias, units, gates)),
          masked?.lengths ?? "",
          ...initial,
        ],
        attributes,
        { outputs: operator === "LSTM" ? 3 : 2 },
      );
      const [sequence, ...last] = values;
      // [steps, 1, batch, units]
      const inOrder = graph.transpose(graph.squeeze(sequence!, [1]), [1, 0, 2]);
      const zeros = layer.boolean("zero_output_for_mask", false);
      return {
        sequence: masked?.spread(inOrder, units, backwards, zeros) ?? inOrder,
        states: last.map((state) => graph.squeeze(state, [0])),
      };
    },
  };
}

function functionOf(cell: LayerConfig, key: string, operator: Operator) {
  const usual = key === "activation" ? "tanh" : "sigmoid";
  const { name } = cell.get(key) === undefined ? { name: usual } : activationOf(cell, key);
  if (name === "hard_sigmoid")
    return cell.keras === 2
      ? { name: "HardSigmoid", alpha: 0.2, beta: 0.5 }
      : { name: "HardSigmoid", alpha: 1 / 6, beta: 0.5 };
  const found = Object.hasOwn(recurrentActivations, name) ? recurrentActivations[name] : undefined;
  if (found === undefined) cell.obstacle(key, `${name} has no ONNX form within ${operator}`);
  return found ?? { name: "Tanh" };
}

/** Functions that take a parameter take it from the list in turn. */
function parameters(key: string, values: readonly (number | undefined)[]): Attributes {
  const given = values.filter((value) => value !== undefined);
  return given.length === 0 ? {} : { [key]: floats(given) };
}

/** `[in, gates x units]` to `[1, gates x units, in]`, the gates in another order. */
function gatesAsRows({ shape, data }: Float32Weight, units: number, gates: readonly number[]): Float32Weight {
  const [rows, width] = shape as [number, number];
  const turned = new Float32Array(data.length);
  gates.forEach((gate, place) => {
    for (let unit = 0; unit < units; unit++)
      for (let row = 0; row < rows; row++)
        turned[(place * units + unit) * rows + row] = data[row * width + gate * units + unit]!;
  });
  return { shape: [1, width, rows], data: turned };
}

/** `[gates x units]` or `[2, gates x units]` to `[1, 2 x gates x units]`: that of the input, then that of the state. */
function biasOf({ data }: Float32Weight, units: number, gates: readonly number[]): Float32Weight {
  const width = units * gates.length;
  const both = new Float32Array(width * 2);
  for (let part = 0; part * width < data.length; part++)
    gates.forEach((gate, place) => {
      const from = part * width + gate * units;
      both.set(data.subarray(from, from + units), part * width + place * units);
    });
  return { shape: [1, width * 2], data: both };
}

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
