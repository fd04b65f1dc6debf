import { ModelkeepError, type Signature, type Tensor, type TensorMap } from "@modelkeep/core";

import type { OnnxGraph, OnnxModel, OnnxNode } from "../model.js";
import { graphSignature, mainGraph } from "../signature.js";
import { fromOnnxTensor } from "../tensor.js";
import { type Kernel, type KernelFactory, NodeReader } from "./kernel.js";
import { kernels } from "./kernels.js";
import { findLeafTables } from "./leaf-table.js";
import { toTensor, toValue, type Value } from "./value.js";

/** Runs a model in plain JavaScript: in doubles, the same on every machine, wherever JavaScript runs. */
export interface Evaluator {
  readonly signature: Signature;
  run(inputs: TensorMap): Map<string, Tensor>;
}

/** Operators of a model that the evaluator does not have, as "ai.onnx.Conv". */
export function missingOperators(model: OnnxModel): readonly string[] {
  const missing = mainGraph(model).node.filter((node) => factoryOf(node) === undefined);
  return [...new Set(missing.map(({ domain = "", opType = "" }) => `${domain || "ai.onnx"}.${opType}`))];
}

/**
 * Prepares a model: constants are read, attributes checked, and what depends on constants alone is computed.
 * `unsupported` names every operator that it does not have. Give models of unknown origin to `checkModel` first.
 */
export function evaluator(model: OnnxModel): Evaluator {
  const missing = missingOperators(model);
  if (missing.length > 0) {
    throw new ModelkeepError(
      "unsupported",
      `The JavaScript evaluator does not have ${missing.join(", ")}: run the model by onnxruntime-node`,
      { details: { operators: missing } },
    );
  }
  checkOpset(model);
  return new Plan(model);
}

/** Operators changed their meaning often before 13, and since then only by additions. */
const oldestOpset = 13;

function checkOpset(model: OnnxModel): void {
  const version =
    model.opsetImport.find(({ domain = "" }) => domain === "" || domain === "ai.onnx")?.version ?? oldestOpset;
  if (version < oldestOpset) {
    throw new ModelkeepError(
      "unsupported",
      `The JavaScript evaluator runs models of operator set ${oldestOpset} or newer, not ${version}: run it by onnxruntime-node`,
    );
  }
}

interface Step {
  readonly kernel: Kernel;
  /** Slots; -1 for an input or output that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots that nothing after this step reads. */
  readonly last: readonly number[];
}

class Plan implements Evaluator {
  readonly signature: Signature;
  readonly #slots = new Map<string, number>();
  /** Constants by slot; the rest is `undefined`. */
  readonly #constants: (Value | undefined)[] = [];
  readonly #steps: readonly Step[];

  constructor(model: OnnxModel) {
    const graph = mainGraph(model);
    this.signature = graphSignature(graph);
    for (const tensor of graph.initializer)
      this.#constants[this.#slot(tensor.name ?? "")] = toValue(fromOnnxTensor(tensor));
    const steps: Omit<Step, "last">[] = [];
    const tables = findLeafTables(graph, (name) => this.#constants[this.#slots.get(name) ?? -1]);
    const fused = new Set([...tables.values()].flatMap((table) => table.nodes.slice(1)));
    for (const original of graph.node) {
      if (fused.has(original)) continue;
      const table = tables.get(original);
      // The last of the nodes that are computed as one puts out what remains.
      const node = table === undefined ? original : { ...original, output: table.nodes.at(-1)!.output };
      const kernel = table?.kernel ?? factoryOf(node)!(new NodeReader(node));
      const inputs = node.input.map((name) => (name === "" ? -1 : this.#known(name)));
      const outputs = node.output.map((name) => (name === "" ? -1 : this.#slot(name)));
      if (inputs.every((slot) => slot < 0 || this.#constants[slot] !== undefined))
        execute({ kernel, inputs, outputs, last: [] }, this.#constants);
      else steps.push({ kernel, inputs, outputs });
    }
    this.#steps = withLastUses(steps, this.#kept(graph));
  }

  run(inputs: TensorMap): Map<string, Tensor> {
    const slots = this.#constants.slice();
    for (const { name, dtype, shape, optional } of this.signature.inputs) {
      const tensor = inputs.get(name);
      if (tensor === undefined && optional === true) continue;
      if (tensor === undefined || tensor.dtype !== dtype || tensor.shape.length !== shape.length)
        throw mismatch(name, `${dtype} of ${shape.length} dimensions`, tensor);
      for (let axis = 0; axis < shape.length; axis++) {
        if (typeof shape[axis] === "number" && shape[axis] !== tensor.shape[axis])
          throw mismatch(name, `${dtype} of shape [${shape.join(", ")}]`, tensor);
      }
      slots[this.#slots.get(name) ?? -1] = toValue(tensor);
    }
    for (const step of this.#steps) execute(step, slots);
    const outputs = new Map<string, Tensor>();
    for (const { name } of this.signature.outputs) outputs.set(name, toTensor(slots[this.#slots.get(name)!]!));
    return outputs;
  }

  #slot(name: string): number {
    let slot = this.#slots.get(name);
    if (slot === undefined) this.#slots.set(name, (slot = this.#slots.size));
    if (slot === this.#constants.length) this.#constants.push(undefined);
    return slot;
  }

  #known(name: string): number {
    if (!this.#slots.has(name) && !this.signature.inputs.some((input) => input.name === name))
      throw new ModelkeepError("malformed", `The graph uses ${JSON.stringify(name)} before it is there`);
    return this.#slot(name);
  }

  /** Slots that must not be let go: constants, and what the graph puts out. */
  #kept(graph: OnnxGraph): ReadonlySet<number> {
    const kept = new Set(this.#constants.flatMap((value, slot) => (value === undefined ? [] : [slot])));
    for (const { name = "" } of graph.output) {
      const slot = this.#slots.get(name);
      if (slot === undefined)
        throw new ModelkeepError("malformed", `The graph has no value ${JSON.stringify(name)} to put out`);
      kept.add(slot);
    }
    return kept;
  }
}

function execute({ kernel, inputs, outputs, last }: Step, slots: (Value | undefined)[]): void {
  const given: (Value | undefined)[] = [];
  for (const slot of inputs) given.push(slot < 0 ? undefined : slots[slot]);
  const results = kernel(given);
  for (let at = 0; at < outputs.length; at++) if (outputs[at]! >= 0) slots[outputs[at]!] = results[at];
  for (const slot of last) slots[slot] = undefined;
}

/** Large intermediate results are let go as soon as nothing needs them. */
function withLastUses(steps: readonly Omit<Step, "last">[], kept: ReadonlySet<number>): readonly Step[] {
  const seen = new Set(kept);
  const backwards = steps.toReversed().map((step) => {
    const last = [...new Set(step.inputs)].filter((slot) => slot >= 0 && !seen.has(slot));
    for (const slot of last) seen.add(slot);
    return { ...step, last };
  });
  return backwards.reverse();
}

function factoryOf({ domain = "", opType = "" }: OnnxNode): KernelFactory | undefined {
  return kernels.get(domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`);
}

function mismatch(name: string, wanted: string, tensor: Tensor | undefined): ModelkeepError {
  const found = tensor === undefined ? "missing" : `${tensor.dtype} of shape [${tensor.shape.join(", ")}]`;
  return new ModelkeepError(
    "signature_mismatch",
    `The input ${JSON.stringify(name)} must be ${wanted}; it is ${found}`,
    {
      details: { name },
    },
  );
}
