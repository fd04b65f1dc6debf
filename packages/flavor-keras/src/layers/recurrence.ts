import { type Attributes, floats, int, type Value } from "@modelkeep/onnx";

import type { LayerConfig } from "../config/layer-config.js";
import type { Flow } from "../graph/flow.js";
import type { LayerGraph } from "../graph/layer-graph.js";
import { MaskedSteps } from "../graph/masked-steps.js";
import type { Float32Weight, Weights } from "../weights/weights.js";
import { activationOf } from "./activations.js";
import { checkWeight, inputFault, maskFault, rankOf } from "./checks.js";

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
