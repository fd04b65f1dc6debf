import { ModelkeepError } from "@modelkeep/core";

import { type GraphAttribute, readAttribute } from "./graph-attribute.js";
import { readSignature, type ServingSignature } from "./saved-model.js";
import { Budget, entryOf, fieldsOf, textOf } from "./wire.js";

/** One call of an operator, as `NodeDef` has it. */
export interface GraphNode {
  readonly name: string;
  readonly operator: string;
  /** "dense/MatMul", "split:1", "split:output:1" within functions; "^name" must only have run before. */
  readonly inputs: readonly string[];
  readonly attributes: ReadonlyMap<string, GraphAttribute>;
}

/** A function of a graph's library, as `FunctionDef` has it. */
export interface GraphFunction {
  readonly name: string;
  /** Names of its arguments, in order. */
  readonly parameters: readonly string[];
  /** What it gives, in order: "dense/BiasAdd:output:0". */
  readonly results: readonly string[];
  /** Nodes that must run even where nothing needs their values. */
  readonly effects: readonly string[];
  readonly nodes: ReadonlyMap<string, GraphNode>;
}

/** The program of a SavedModel. Reading it runs nothing. */
export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly functions: ReadonlyMap<string, GraphFunction>;
  /** The node that reads all variables. */
  readonly restore: string | undefined;
  /** Nodes that fill tables, run once after loading. */
  readonly initializers: readonly string[];
}

/** A program with what its meta graph says of it. */
export interface ServedGraph extends Graph {
  readonly signatures: readonly ServingSignature[];
  /** The version of TensorFlow that wrote it. */
  readonly tensorflow: string | undefined;
}

/** The graph of the first meta graph with the tag, "serve" unless another is named. Throws `malformed`, `limit_exceeded`, `not_found`. */
export function readGraph(
  bytes: Uint8Array,
  { tag = "serve", items }: { readonly tag?: string; readonly items?: number | undefined } = {},
): ServedGraph {
  const budget = new Budget(items);
  const tags: string[] = [];
  for (const field of fieldsOf(bytes, budget)) {
    if (field.number !== 2) continue;
    const own = tagsOf(field.bytes, budget);
    if (own.includes(tag)) return readMetaGraph(field.bytes, budget);
    tags.push(`[${own.join(", ")}]`);
  }
  throw new ModelkeepError(
    "not_found",
    `The SavedModel has no graph with the tag ${tag}; its graphs: ${tags.join("; ")}`,
  );
}

function tagsOf(bytes: Uint8Array, budget: Budget): string[] {
  const tags: string[] = [];
  for (const field of fieldsOf(bytes, budget, 1))
    if (field.number === 1)
      for (const each of fieldsOf(field.bytes, budget, 2)) if (each.number === 4) tags.push(textOf(each.bytes));
  return tags;
}

function readMetaGraph(bytes: Uint8Array, budget: Budget): ServedGraph {
  const nodes = new Map<string, GraphNode>();
  const functions = new Map<string, GraphFunction>();
  const signatures: ServingSignature[] = [];
  let tensorflow: string | undefined;
  let restore: string | undefined;
  const initializers = new Set<string>();
  for (const field of fieldsOf(bytes, budget, 1)) {
    if (field.number === 1)
      for (const each of fieldsOf(field.bytes, budget, 2)) if (each.number === 5) tensorflow = textOf(each.bytes);
    if (field.number === 2)
      for (const each of fieldsOf(field.bytes, budget, 2)) {
        if (each.number === 1) add(nodes, readNode(each.bytes, budget, 3), "The graph");
        if (each.number === 2)
          for (const part of fieldsOf(each.bytes, budget, 3))
            if (part.number === 1) add(functions, readFunction(part.bytes, budget, 4), "The library of functions");
      }
    if (field.number === 3)
      for (const each of fieldsOf(field.bytes, budget, 2)) if (each.number === 3) restore = textOf(each.bytes);
    if (field.number === 4) for (const each of readCollection(field.bytes, budget)) initializers.add(each);
    if (field.number === 5) {
      const { key, value } = entryOf(field.bytes, budget, 2);
      signatures.push(readSignature(key, value, budget));
      if (key === "__saved_model_init_op") for (const each of readInitializer(value, budget)) initializers.add(each);
    }
  }
  return {
    signatures,
    tensorflow,
    nodes,
    functions,
    restore: restore === "" ? undefined : restore,
    initializers: [...initializers],
  };
}

function add<T extends { readonly name: string }>(map: Map<string, T>, item: T, where: string): void {
  if (map.has(item.name)) throw new ModelkeepError("malformed", `${where} has ${JSON.stringify(item.name)} twice`);
  map.set(item.name, item);
}

function readNode(bytes: Uint8Array, budget: Budget, depth: number): GraphNode {
  let [name, operator] = ["", ""];
  const inputs: string[] = [];
  const attributes = new Map<string, GraphAttribute>();
  for (const field of fieldsOf(bytes, budget, depth)) {
    if (field.number === 1) name = textOf(field.bytes);
    if (field.number === 2) operator = textOf(field.bytes);
    if (field.number === 3) inputs.push(textOf(field.bytes));
    if (field.number === 5) attributes.set(...readAttribute(field.bytes, budget, depth + 1));
  }
  return { name, operator, inputs, attributes };
}

function readFunction(bytes: Uint8Array, budget: Budget, depth: number): GraphFunction {
  let name = "";
  const parameters: string[] = [];
  const outputs: string[] = [];
  const nodes = new Map<string, GraphNode>();
  const results = new Map<string, string>();
  const effects: string[] = [];
  for (const field of fieldsOf(bytes, budget, depth)) {
    if (field.number === 1)
      for (const each of fieldsOf(field.bytes, budget, depth + 1)) {
        if (each.number === 1) name = textOf(each.bytes);
        if (each.number === 2) parameters.push(argumentName(each.bytes, budget, depth + 2));
        if (each.number === 3) outputs.push(argumentName(each.bytes, budget, depth + 2));
      }
    if (field.number === 3) add(nodes, readNode(field.bytes, budget, depth + 1), `The function ${name}`);
    if (field.number === 4 || field.number === 6) {
      const { key, value } = entryOf(field.bytes, budget, depth + 1);
      if (field.number === 4) results.set(key, textOf(value));
      else effects.push(textOf(value));
    }
  }
  const ordered = outputs.map((output) => {
    const result = results.get(output);
    if (result !== undefined) return result;
    throw new ModelkeepError("malformed", `The function ${name} does not say what its result ${output} is`);
  });
  return { name, parameters, results: ordered, effects, nodes };
}

function argumentName(bytes: Uint8Array, budget: Budget, depth: number): string {
  for (const field of fieldsOf(bytes, budget, depth)) if (field.number === 1) return textOf(field.bytes);
  return "";
}

/** Collections of nodes that initialise: named by newer and older versions of TensorFlow. */
function readCollection(bytes: Uint8Array, budget: Budget): string[] {
  const { key, value } = entryOf(bytes, budget, 2);
  if (key !== "saved_model_main_op" && key !== "legacy_init_op" && key !== "table_initializer") return [];
  const names: string[] = [];
  for (const field of fieldsOf(value, budget, 3))
    if (field.number === 1)
      for (const each of fieldsOf(field.bytes, budget, 4)) if (each.number === 1) names.push(textOf(each.bytes));
  return names;
}

/** The signature that TensorFlow keeps the same node in. */
function readInitializer(bytes: Uint8Array, budget: Budget): string[] {
  const names: string[] = [];
  for (const field of fieldsOf(bytes, budget, 3)) {
    if (field.number !== 2) continue;
    const entry = entryOf(field.bytes, budget, 4);
    for (const each of fieldsOf(entry.value, budget, 5)) if (each.number === 1) names.push(textOf(each.bytes));
  }
  return names.map((name) => name.replace(/:0$/, ""));
}
