import { isJsonObject, type Json, jsonMember, ModelkeepError } from "@modelkeep/core";

import { malformed, shown, text } from "./json.js";

/** An output of one call of a layer. */
export interface Reference {
  readonly layer: string;
  readonly node: number;
  readonly output: number;
}

/** One call of a layer in a functional model. */
export interface Call {
  /** Tensors and numbers of the arguments by position, lists taken apart. */
  readonly inputs: readonly (Reference | number)[];
  /** Tensors of the arguments by name. */
  readonly named: ReadonlyMap<string, readonly Reference[]>;
  /** Arguments by name that are no tensors, without those that are null. */
  readonly options: ReadonlyMap<string, Json>;
}

/** More than any layer is called with. */
const mostTensors = 10_000;

/** `["dense", 0, 0]` */
export function referenceOf(value: Json | undefined): Reference | undefined {
  if (!Array.isArray(value) || value.length < 3) return undefined;
  const [layer, node, output] = value;
  if (typeof layer !== "string" || !isCount(node) || !isCount(output)) return undefined;
  return { layer, node, output };
}

/** The calls of a layer, as Keras 3 (arguments) or Keras 2 (lists) writes them. */
export function callsOf(value: Json | undefined, layer: string): readonly Call[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw fault(layer, value);
  return value.map((node) => {
    const call = isJsonObject(node) ? callOfArguments(node, layer) : callOfLists(node, layer);
    const tensors = [...call.named.values()].reduce((sum, each) => sum + each.length, call.inputs.length);
    if (tensors <= mostTensors) return call;
    throw new ModelkeepError(
      "limit_exceeded",
      `The layer ${JSON.stringify(layer)} is called with ${tensors} tensors; ${mostTensors} are allowed`,
    );
  });
}

function callOfArguments(node: Json, layer: string): Call {
  const [positional, byName] = [jsonMember(node, "args"), jsonMember(node, "kwargs") ?? {}];
  if (!Array.isArray(positional) || !isJsonObject(byName)) throw fault(layer, node);
  const inputs = positional.flatMap((each): readonly (Reference | number)[] => {
    if (typeof each === "number") return [each];
    const found = tensorsIn(each);
    if (found === undefined) throw fault(layer, each);
    return found;
  });
  return { inputs, ...sorted(Object.entries(byName), tensorsIn) };
}

/** Tensors of an argument, however deep; undefined if there is something else in it. */
function tensorsIn(value: Json): readonly Reference[] | undefined {
  if (value === null) return [];
  if (Array.isArray(value)) {
    const found = value.map(tensorsIn);
    return found.every((each) => each !== undefined) ? found.flat() : undefined;
  }
  if (jsonMember(value, "class_name") !== "__keras_tensor__") return undefined;
  const reference = referenceOf(jsonMember(jsonMember(value, "config"), "keras_history"));
  return reference === undefined ? undefined : [reference];
}

/** `[["dense", 0, 0, {}], …]`, where tensors by name are `["dense", 0, 0]`. */
function callOfLists(node: Json, layer: string): Call {
  const single = referenceOf(node) !== undefined;
  const list = single ? [node] : node;
  if (!Array.isArray(list)) throw fault(layer, node);
  const inputs = list.map((each) => {
    const reference = referenceOf(each);
    if (reference === undefined) throw fault(layer, each);
    return reference;
  });
  const byName = list.flatMap((each) => Object.entries((each as Json[])[3] ?? {}));
  return { inputs, ...sorted(byName, listed) };
}

function listed(value: Json): readonly Reference[] | undefined {
  const single = referenceOf(value);
  if (single !== undefined) return [single];
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const found = value.map(referenceOf);
  return found.every((each) => each !== undefined) ? found : undefined;
}

function sorted(
  entries: readonly (readonly [string, Json])[],
  tensors: (value: Json) => readonly Reference[] | undefined,
) {
  const named = new Map<string, readonly Reference[]>();
  const options = new Map<string, Json>();
  for (const [key, value] of entries) {
    if (value === null) continue;
    const found = tensors(value);
    if (found !== undefined && found.length > 0) named.set(key, found);
    else options.set(key, value);
  }
  return { named, options };
}

function isCount(value: Json | undefined): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function fault(layer: string, value: Json): Error {
  return malformed(
    `The call of the layer ${JSON.stringify(layer)} is not of a form that Keras writes: ${shown(value)}`,
  );
}

/** Inputs or outputs of a model: one, a list, or under names. */
export function endsOf(
  value: Json | undefined,
  what: string,
): readonly { readonly key?: string; readonly reference: Reference }[] {
  const single = referenceOf(value);
  if (single !== undefined) return [{ reference: single }];
  if (Array.isArray(value)) return value.flatMap((each) => endsOf(each, what));
  if (isJsonObject(value) && text(value["class_name"]) === undefined)
    return Object.entries(value).flatMap(([key, each]) => endsOf(each, what).map((end) => ({ key, ...end })));
  throw malformed(`The model has ${what} ${shown(value)}, where layers with the number of a call belong`);
}
