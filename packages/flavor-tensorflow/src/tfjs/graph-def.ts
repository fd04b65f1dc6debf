import { isJsonObject, type Json, jsonMember, type Tensor } from "@modelkeep/core";
import { dtypeOf, type Graph, type GraphAttribute, type GraphFunction, type GraphNode } from "@modelkeep/savedmodel";
import { textMember } from "@modelkeep/tfjs";

import { malformedGraph } from "../refusal.js";
import { constantOf } from "./constants.js";
import { unfused } from "./fused-nodes.js";
import { attributeOf } from "./json-attribute.js";

/** The graph of a model of TensorFlow.js: a GraphDef as JSON, whose constants are among the weights. Nothing is run. */
export function graphOf(topology: Json, weights: ReadonlyMap<string, Tensor>): Graph {
  const functions = new Map<string, GraphFunction>();
  for (const each of listOf(jsonMember(topology, "library"), "function")) {
    const read = functionOf(each, weights);
    if (functions.has(read.name)) throw malformedGraph(`has the function ${JSON.stringify(read.name)} twice`);
    functions.set(read.name, read);
  }
  return { nodes: nodesOf(listOf(topology, "node"), weights, false), functions, restore: undefined, initializers: [] };
}

function nodesOf(
  list: readonly Json[],
  weights: ReadonlyMap<string, Tensor>,
  inFunction: boolean,
): ReadonlyMap<string, GraphNode> {
  const nodes = new Map<string, GraphNode>();
  for (const node of list.flatMap((each) => unfused(nodeOf(each, weights), inFunction))) {
    if (nodes.has(node.name)) throw malformedGraph(`has the node ${JSON.stringify(node.name)} twice`);
    nodes.set(node.name, node);
  }
  return nodes;
}

function nodeOf(value: Json, weights: ReadonlyMap<string, Tensor>): GraphNode {
  const [name, operator] = [textMember(value, "name"), textMember(value, "op")];
  if (name === undefined || operator === undefined) throw malformedGraph("has a node without a name or an operator");
  const attributes = new Map<string, GraphAttribute>();
  const given = jsonMember(value, "attr");
  for (const [key, each] of isJsonObject(given) ? Object.entries(given) : []) attributes.set(key, attributeOf(each));
  if (operator === "Const") {
    const type = attributes.get("dtype")?.type;
    const dtype = type === undefined ? undefined : dtypeOf(type);
    attributes.set("value", { tensor: () => constantOf(name, dtype, weights.get(name)) });
  }
  return { name, operator, inputs: textsOf(value, "input"), attributes };
}

function functionOf(value: Json, weights: ReadonlyMap<string, Tensor>): GraphFunction {
  const signature = jsonMember(value, "signature");
  const name = textMember(signature, "name") ?? "";
  const names = (key: string) => listOf(signature, key).map((each) => textMember(each, "name") ?? "");
  const results = jsonMember(value, "ret");
  return {
    name,
    parameters: names("inputArg"),
    results: names("outputArg").map((output) => {
      const result = textMember(results, output);
      if (result !== undefined) return result;
      throw malformedGraph(`has the function ${name}, which does not say what its result ${output} is`);
    }),
    effects: [],
    nodes: nodesOf(listOf(value, "nodeDef"), weights, true),
  };
}

function listOf(value: Json | undefined, key: string): readonly Json[] {
  const list = jsonMember(value, key) ?? [];
  if (Array.isArray(list)) return list;
  throw malformedGraph(`has ${key}, which is no list`);
}

function textsOf(value: Json, key: string): readonly string[] {
  const list = listOf(value, key);
  if (list.every((each) => typeof each === "string")) return list;
  throw malformedGraph(`has ${key} that are no texts`);
}
