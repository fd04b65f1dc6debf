import { isModelkeepError, ModelkeepError } from "@modelkeep/core";

import type { OnnxGraph, OnnxNode } from "../model.js";
import { fromOnnxTensor } from "../tensor.js";
import { type CompiledGraph, type Kernel, type KernelFactory, NodeReader } from "./kernel.js";
import { kernels } from "./kernels.js";
import { findLeafTables } from "./leaf-table.js";
import { toValue, type Value } from "./value.js";

/** What computes a node, or `undefined` for an operator that the evaluator does not have. */
export function factoryOf({ domain = "", opType = "" }: OnnxNode): KernelFactory | undefined {
  return kernels.get(domain === "" || domain === "ai.onnx" ? opType : `${domain}.${opType}`);
}

interface Step {
  readonly kernel: Kernel;
  /** Slots; -1 for an input or output that is left out. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Slots that nothing after this step reads. */
  readonly last: readonly number[];
}

/** A graph made ready: names are slots, attributes are read, and what depends on constants alone is computed. */
export class GraphPlan implements CompiledGraph {
  readonly outerNames: string[] = [];
  readonly #slots = new Map<string, number>();
  /** Constants by slot; the rest is `undefined`. */
  readonly #constants: (Value | undefined)[] = [];
  readonly #inputs: readonly number[];
  readonly #outputs: readonly number[];
  readonly #steps: readonly Step[];

  /** `outer` tells the names of the graphs around this one. `inputs` are set at each run. */
  constructor(graph: OnnxGraph, inputs: readonly string[], outer: (name: string) => boolean = () => false) {
    this.#inputs = inputs.map((name) => this.#slot(name));
    for (const tensor of graph.initializer)
      this.#constants[this.#slot(tensor.name ?? "")] = toValue(fromOnnxTensor(tensor));
    const use = (name: string): number => {
      if (!this.#slots.has(name)) {
        if (!outer(name))
          throw new ModelkeepError("malformed", `The graph uses ${JSON.stringify(name)} before it is there`);
        this.outerNames.push(name);
      }
      return this.#slot(name);
    };
    const steps = this.#compile(graph, use, (name) => this.#slots.has(name) || outer(name));
    this.#outputs = graph.output.map(({ name = "" }) => use(name));
    const constant = this.#constants.flatMap((value, slot) => (value === undefined ? [] : [slot]));
    this.#steps = withLastUses(steps, new Set([...constant, ...this.#outputs]));
  }

  run(inputs: readonly (Value | undefined)[], outer: readonly (Value | undefined)[] = []): Value[] {
    const slots = this.#constants.slice();
    for (let at = 0; at < this.#inputs.length; at++) slots[this.#inputs[at]!] = inputs[at];
    for (let at = 0; at < this.outerNames.length; at++) slots[this.#slots.get(this.outerNames[at]!)!] = outer[at];
    for (const step of this.#steps) execute(step, slots);
    const outputs: Value[] = [];
    for (const slot of this.#outputs) {
      const value = slots[slot];
      if (value === undefined) throw new ModelkeepError("malformed", "A graph gives on an input that was left out");
      outputs.push(value);
    }
    return outputs;
  }

  #compile(
    graph: OnnxGraph,
    use: (name: string) => number,
    visible: (name: string) => boolean,
  ): readonly Omit<Step, "last">[] {
    const steps: Omit<Step, "last">[] = [];
    const tables = findLeafTables(graph, (name) => this.#constants[this.#slots.get(name) ?? -1]);
    const fused = new Set([...tables.values()].flatMap((table) => table.nodes.slice(1)));
    for (const node of graph.node) {
      if (fused.has(node)) continue;
      if (this.#isAnotherName(node, use)) continue;
      const table = tables.get(node);
      const reader = new NodeReader(
        node,
        (body) =>
          new GraphPlan(
            body,
            body.input.map(({ name = "" }) => name),
            visible,
          ),
      );
      const kernel = table?.kernel ?? factoryOf(node)!(reader);
      const inputs = [...node.input, ...reader.outerNames].map((name) => (name === "" ? -1 : use(name)));
      // The last of the nodes that are computed as one puts out what remains.
      const { output } = table?.nodes.at(-1) ?? node;
      const step = { kernel, inputs, outputs: output.map((name) => (name === "" ? -1 : this.#slot(name))) };
      if (inputs.every((slot) => slot < 0 || this.#constants[slot] !== undefined))
        execute({ ...step, last: [] }, this.#constants);
      else steps.push(step);
    }
    return steps;
  }

  /** Identity computes nothing: what it puts out is in the slot of what it takes. */
  #isAnotherName({ domain = "", opType, input, output }: OnnxNode, use: (name: string) => number): boolean {
    const [from = "", to = ""] = [input[0], output[0]];
    if (opType !== "Identity" || (domain !== "" && domain !== "ai.onnx") || from === "" || to === "") return false;
    if (this.#slots.has(to)) return false;
    this.#slots.set(to, use(from));
    return true;
  }

  #slot(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#constants.push(undefined) - 1;
    this.#slots.set(name, slot);
    return slot;
  }
}

function execute({ kernel, inputs, outputs, last }: Step, slots: (Value | undefined)[]): void {
  const given: (Value | undefined)[] = [];
  for (const slot of inputs) given.push(slot < 0 ? undefined : slots[slot]);
  const results = compute(kernel, given);
  for (let at = 0; at < outputs.length; at++) if (outputs[at]! >= 0) slots[outputs[at]!] = results[at];
  for (const slot of last) slots[slot] = undefined;
}

/** Shapes and ranks that an operator does not have end in errors of the language, and are the model's fault. */
function compute(kernel: Kernel, given: readonly (Value | undefined)[]): readonly Value[] {
  try {
    return kernel(given);
  } catch (cause) {
    if (isModelkeepError(cause)) throw cause;
    const shapes = given.map((value) => (value === undefined ? "nothing" : `[${value.shape.join(", ")}]`)).join(", ");
    throw new ModelkeepError("malformed", `An operator can't compute with ${shapes}: ${(cause as Error).message}`, {
      cause,
    });
  }
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
