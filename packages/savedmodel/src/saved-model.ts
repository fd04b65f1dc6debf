import { ModelkeepError } from "@modelkeep/core";

import { dtypeOf, typeName } from "./data-types.js";
import { Budget, entryOf, fieldsOf, textOf } from "./wire.js";

/** One tensor of a signature. */
export interface SignatureTensor {
  /** By which callers name it. */
  readonly name: string;
  /** "serving_default_features:0": in the graph. */
  readonly tensor: string;
  /** Ours where it has one; "resource", "variant" and the like otherwise. */
  readonly dtype: string;
  /** null for a size that varies; undefined where even their number does. */
  readonly shape: readonly (number | null)[] | undefined;
}

/** One way to call a graph: its inputs and outputs by name. */
export interface ServingSignature {
  readonly name: string;
  readonly method: string;
  readonly inputs: readonly SignatureTensor[];
  readonly outputs: readonly SignatureTensor[];
}

/** One graph of a SavedModel, for the purpose that its tags say. */
export interface MetaGraph {
  readonly tags: readonly string[];
  readonly tensorflow: string | undefined;
  readonly signatures: readonly ServingSignature[];
  /** How often each operator stands in the graph and its functions. */
  readonly operators: ReadonlyMap<string, number>;
  readonly functions: number;
  /** Files under `assets/` that it names. */
  readonly assets: readonly string[];
}

/** What `saved_model.pb` says. */
export interface SavedModel {
  readonly version: number;
  readonly metaGraphs: readonly MetaGraph[];
}

/** How much a file may hold. */
export interface ReadSavedModelOptions {
  /** Messages and fields. Default 4 million. */
  readonly items?: number | undefined;
}

/**
 * What `saved_model.pb` says. Formats: saved_model.proto, meta_graph.proto and graph.proto of TensorFlow. Throws
 * `malformed`, `truncated`, `limit_exceeded`.
 */
export function readSavedModel(bytes: Uint8Array, { items }: ReadSavedModelOptions = {}): SavedModel {
  const budget = new Budget(items);
  const metaGraphs: MetaGraph[] = [];
  let version = 0;
  if (bytes.length === 0) throw new ModelkeepError("truncated", "saved_model.pb is empty");
  for (const field of fieldsOf(bytes, budget)) {
    if (field.number === 1) version = field.value;
    if (field.number === 2) metaGraphs.push(readMetaGraph(field.bytes, budget));
  }
  if (metaGraphs.length === 0) throw new ModelkeepError("malformed", "saved_model.pb holds no meta graph");
  return { version, metaGraphs };
}

function readMetaGraph(bytes: Uint8Array, budget: Budget): MetaGraph {
  const tags: string[] = [];
  const signatures: ServingSignature[] = [];
  const operators = new Map<string, number>();
  const assets: string[] = [];
  let tensorflow: string | undefined;
  let functions = 0;
  for (const field of fieldsOf(bytes, budget, 1)) {
    if (field.number === 1)
      for (const each of fieldsOf(field.bytes, budget, 2)) {
        if (each.number === 4) tags.push(textOf(each.bytes));
        if (each.number === 5) tensorflow = textOf(each.bytes);
      }
    if (field.number === 2) functions += countGraph(field.bytes, budget, operators);
    if (field.number === 5) {
      const { key, value } = entryOf(field.bytes, budget, 2);
      signatures.push(readSignature(key, value, budget));
    }
    if (field.number === 6)
      for (const each of fieldsOf(field.bytes, budget, 2)) if (each.number === 2) assets.push(textOf(each.bytes));
  }
  return { tags, tensorflow, signatures, operators, functions, assets };
}

/** Counts the operators of a graph and of its functions, and gives how many functions there are. */
function countGraph(bytes: Uint8Array, budget: Budget, operators: Map<string, number>): number {
  let functions = 0;
  for (const field of fieldsOf(bytes, budget, 2)) {
    if (field.number === 1) countNode(field.bytes, budget, 3, operators);
    if (field.number !== 2) continue;
    for (const each of fieldsOf(field.bytes, budget, 3)) {
      if (each.number !== 1) continue;
      functions++;
      for (const part of fieldsOf(each.bytes, budget, 4))
        if (part.number === 3) countNode(part.bytes, budget, 5, operators);
    }
  }
  return functions;
}

function countNode(bytes: Uint8Array, budget: Budget, depth: number, operators: Map<string, number>): void {
  for (const field of fieldsOf(bytes, budget, depth))
    if (field.number === 2) {
      const name = textOf(field.bytes);
      operators.set(name, (operators.get(name) ?? 0) + 1);
    }
}

/** A SignatureDef by its name. */
export function readSignature(name: string, bytes: Uint8Array, budget: Budget): ServingSignature {
  const inputs: SignatureTensor[] = [];
  const outputs: SignatureTensor[] = [];
  let method = "";
  for (const field of fieldsOf(bytes, budget, 3)) {
    if (field.number === 3) method = textOf(field.bytes);
    if (field.number !== 1 && field.number !== 2) continue;
    const { key, value } = entryOf(field.bytes, budget, 4);
    (field.number === 1 ? inputs : outputs).push(readTensorInfo(key, value, budget));
  }
  const byName = (a: SignatureTensor, b: SignatureTensor) => (a.name < b.name ? -1 : 1);
  return { name, method, inputs: inputs.toSorted(byName), outputs: outputs.toSorted(byName) };
}

function readTensorInfo(name: string, bytes: Uint8Array, budget: Budget): SignatureTensor {
  let tensor = "";
  let type = 0;
  let shape: (number | null)[] | undefined = [];
  for (const field of fieldsOf(bytes, budget, 5)) {
    if (field.number === 1) tensor = textOf(field.bytes);
    if (field.number === 2) type = field.value;
    if (field.number === 3) shape = readShape(field.bytes, budget, 6);
  }
  return { name, tensor, dtype: dtypeOf(type) ?? typeName(type), shape };
}

/** A TensorShapeProto: sizes, null for one that varies; undefined where even their number does. */
export function readShape(bytes: Uint8Array, budget: Budget, depth: number): (number | null)[] | undefined {
  const shape: (number | null)[] = [];
  for (const field of fieldsOf(bytes, budget, depth)) {
    if (field.number === 3 && field.value !== 0) return undefined;
    if (field.number !== 2) continue;
    let size = 0;
    for (const each of fieldsOf(field.bytes, budget, depth + 1)) if (each.number === 1) size = each.value;
    shape.push(size < 0 ? null : size);
  }
  return shape;
}
