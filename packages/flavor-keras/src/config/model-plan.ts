import { isJsonObject, type Json, jsonMember } from "@modelkeep/core";

import { malformed, shown } from "./json.js";
import { innerLayer, type LayerConfig } from "./layer-config.js";
import { type Call, callsOf, endsOf, type Reference } from "./nodes.js";

/** A model's layers in the order in which Keras keeps them, and their calls in an order in which they can be made. */
export interface ModelPlan {
  readonly layers: readonly LayerConfig[];
  readonly inputs: readonly PlannedInput[];
  readonly steps: readonly Step[];
  readonly outputs: readonly PlannedOutput[];
}

export interface PlannedInput {
  /** As Keras names it. */
  readonly name: string;
  /** Where its value is kept. */
  readonly source: string;
  /** Of an InputLayer, or of the first layer, which then tells the shape. */
  readonly layer: LayerConfig;
}

export interface PlannedOutput {
  readonly name: string;
  readonly source: Source;
}

/** What one call of a layer gave. */
export interface Source {
  readonly call: string;
  readonly output: number;
}

export interface Step {
  readonly layer: number;
  /** Under which its outputs are kept. */
  readonly key: string;
  readonly inputs: readonly (Source | number)[];
  readonly named: ReadonlyMap<string, readonly Source[]>;
  readonly options: ReadonlyMap<string, Json>;
}

/** The plan of a Sequential or functional model; `around` comes before the names of its layers. */
export function planModel(model: LayerConfig, around: string): ModelPlan {
  const { className, where, file } = model;
  const objects = model.get("layers");
  if (!Array.isArray(objects))
    throw malformed(`The model ${JSON.stringify(where)} (${className}) has no list of layers`);
  const layers = objects.map((object) => {
    const layer = isJsonObject(object) ? innerLayer(object, around, file) : undefined;
    if (layer === undefined)
      throw malformed(`The model ${JSON.stringify(where)} has a layer without a class: ${shown(object)}`);
    return layer;
  });
  return className === "Sequential" ? planSequence(model, layers) : planGraph(model, layers, objects);
}

function planSequence(model: LayerConfig, layers: readonly LayerConfig[]): ModelPlan {
  const [first, ...rest] = layers;
  if (first === undefined) throw malformed(`The model ${JSON.stringify(model.where)} has no layers`);
  const given = first.className === "InputLayer";
  const start = given ? 1 : 0;
  const steps = (given ? rest : layers).map((_, at): Step => {
    const inputs = [{ call: at === 0 ? "input" : `${at - 1 + start}:0`, output: 0 }];
    return { layer: at + start, key: `${at + start}:0`, inputs, named: new Map(), options: new Map() };
  });
  return {
    layers,
    inputs: [{ name: given ? first.name : `${first.name}_input`, source: "input", layer: given ? first : model }],
    steps,
    outputs: [{ name: layers.at(-1)!.name, source: { call: steps.at(-1)?.key ?? "input", output: 0 } }],
  };
}

function planGraph(model: LayerConfig, layers: readonly LayerConfig[], objects: readonly Json[]): ModelPlan {
  const byName = new Map(layers.map((layer, index) => [layer.name, index]));
  if (byName.size !== layers.length)
    throw malformed(`The model ${JSON.stringify(model.where)} has two layers of one name`);
  const calls = layers.map((layer, index) => callsOf(jsonMember(objects[index], "inbound_nodes"), layer.where));
  // A model that starts with an input has a call of its own in Keras 2, and any in TensorFlow.js, which is counted but not listed.
  const offsets = layers.map((layer) => (model.keras === 2 && startsWithInput(layer) ? 1 : 0));
  const source = ({ layer, node, output }: Reference): Source => {
    const index = byName.get(layer);
    const own = index === undefined ? -1 : node - offsets[index]!;
    const known = index !== undefined && (layers[index]!.className === "InputLayer" ? own === 0 : own in calls[index]!);
    if (!known)
      throw malformed(
        `The model ${JSON.stringify(model.where)} uses the call ${node} of ${JSON.stringify(layer)}, which it does not have`,
      );
    return { call: `${index}:${own}`, output };
  };
  const inputs = endsOf(model.get("input_layers"), "input_layers").map(({ key, reference }): PlannedInput => {
    const layer = layers[byName.get(reference.layer) ?? -1];
    if (layer?.className !== "InputLayer")
      throw malformed(
        `The model ${JSON.stringify(model.where)} has the input ${shown(reference.layer)}, which is no InputLayer`,
      );
    return { name: key ?? layer.name, source: source(reference).call, layer };
  });
  const outputs = endsOf(model.get("output_layers"), "output_layers").map(({ key, reference }): PlannedOutput => ({
    name: key ?? reference.layer,
    source: source(reference),
  }));
  if (inputs.length === 0 || outputs.length === 0)
    throw malformed(`The model ${JSON.stringify(model.where)} has no inputs or no outputs`);
  const steps = calls.flatMap((list, layer) => list.map((call, node) => stepOf(layer, node, call, source)));
  return { layers, inputs, steps: inOrder(model, steps, new Set(inputs.map((each) => each.source)), outputs), outputs };
}

function stepOf(layer: number, node: number, call: Call, source: (reference: Reference) => Source): Step {
  const named = new Map([...call.named].map(([name, references]) => [name, references.map(source)]));
  return {
    layer,
    key: `${layer}:${node}`,
    inputs: call.inputs.map((each) => (typeof each === "number" ? each : source(each))),
    named,
    options: call.options,
  };
}

/** Each call after those whose outputs it reads, and only what the outputs need. */
function inOrder(
  model: LayerConfig,
  steps: readonly Step[],
  given: ReadonlySet<string>,
  outputs: readonly PlannedOutput[],
): readonly Step[] {
  const byKey = new Map(steps.map((step) => [step.key, step]));
  const reads = (step: Step) =>
    [...step.inputs, ...[...step.named.values()].flat()].flatMap((each) =>
      typeof each === "number" ? [] : [each.call],
    );
  const done = new Set(given);
  const open = new Set<string>();
  const ordered: Step[] = [];
  const stack = outputs.map(({ source }) => source.call).toReversed();
  while (stack.length > 0) {
    const key = stack.at(-1)!;
    const step = byKey.get(key);
    if (done.has(key)) {
      stack.pop();
      continue;
    }
    if (step === undefined)
      throw malformed(`The model ${JSON.stringify(model.where)} reads an InputLayer that is not among its inputs`);
    const missing = reads(step).filter((each) => !done.has(each));
    if (missing.length === 0) {
      done.add(key);
      ordered.push(step);
      stack.pop();
      continue;
    }
    // What is open waits for this one: one that is needed while it waits for itself is a circle.
    if (open.has(key))
      throw malformed(`The layers of the model ${JSON.stringify(model.where)} lead back to themselves`);
    open.add(key);
    stack.push(...missing);
  }
  return ordered;
}

function startsWithInput(layer: LayerConfig): boolean {
  if (!isModelClass(layer.className)) return false;
  if (layer.tfjs) return true;
  const layers = layer.get("layers");
  return (
    layer.className !== "Sequential" || (Array.isArray(layers) && jsonMember(layers[0], "class_name") === "InputLayer")
  );
}

export function isModelClass(className: string): boolean {
  return className === "Sequential" || className === "Functional" || className === "Model";
}
