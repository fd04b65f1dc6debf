import { ModelkeepError } from "@modelkeep/core";
import type { Graph, GraphAttribute, GraphNode } from "@modelkeep/savedmodel";

import { malformedGraph } from "../refusal.js";

/** A value: the output of a node, by number. */
export interface Reference {
  readonly node: FlatNode;
  readonly output: number;
}

/** A node of the graph once every call of a function is replaced by the function's own nodes. */
export interface FlatNode {
  readonly operator: string;
  /** With the calls that lead to it: "StatefulPartitionedCall_1/dense/MatMul". */
  readonly name: string;
  readonly inputs: readonly Reference[];
  readonly attributes: ReadonlyMap<string, GraphAttribute>;
}

const deepestCall = 48;
const mostNodes = 100_000;
const calls = new Set(["PartitionedCall", "StatefulPartitionedCall"]);
const passing = new Set(["Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "EnsureShape"]);

/** Outputs that have names of their own; those of all other operators are numbered under one name. */
const outputNames: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNormV3: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
  FusedBatchNorm: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV2: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  TopKV2: ["values", "indices"],
  Unique: ["y", "idx"],
  LookupTableExportV2: ["keys", "values"],
};

/** The body of a function, flattened on its own: for loops. */
export interface FlatFunction {
  readonly parameters: readonly FlatNode[];
  readonly nodes: readonly FlatNode[];
  readonly results: readonly Reference[];
}

/** One body of nodes: the graph itself, or one call of a function. */
interface Scope {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly parameters: ReadonlyMap<string, Reference>;
  readonly done: Map<string, readonly Reference[]>;
  readonly path: string;
  /** The functions that are being called. */
  readonly within: readonly string[];
}

/**
 * Follows values back to where they come from, through calls of functions. What only has to run before is left out,
 * unless `effects` are wanted. Throws `malformed` for nodes that are missing or lead back to themselves, and
 * `limit_exceeded` for graphs that grow beyond all measure when functions are put in place of their calls.
 */
export class Flattener {
  readonly nodes: FlatNode[] = [];
  readonly #graph: Graph;
  readonly #effects: boolean;
  readonly #top: Scope;
  readonly #counted: { count: number };

  constructor(graph: Graph, options: { readonly effects?: boolean; readonly counted?: { count: number } } = {}) {
    const { effects = false, counted = { count: 0 } } = options;
    this.#graph = graph;
    this.#effects = effects;
    this.#counted = counted;
    this.#top = { nodes: graph.nodes, parameters: new Map(), done: new Map(), path: "", within: [] };
  }

  /** What a name of the graph stands for: "serving_default_x:0". */
  value(name: string): Reference {
    this.run(name);
    return this.#resolve(this.#top, name);
  }

  /** All that the node needs, and the node. */
  run(name: string): void {
    this.#visit(this.#top, nodeName(name));
  }

  /** A function that an operator calls over and over. Its nodes count as this graph's. */
  body(name: string, path: string): FlatFunction {
    const body = this.#graph.functions.get(name);
    if (body === undefined)
      throw malformedGraph(`has a loop of the function ${JSON.stringify(name)}, which it does not have`);
    const inner = new Flattener(this.#graph, { counted: this.#counted });
    const parameters = body.parameters.map((parameter): FlatNode => {
      return { operator: "parameter", name: `${path}/${parameter}`, inputs: [], attributes: new Map() };
    });
    const scope: Scope = {
      nodes: body.nodes,
      parameters: new Map(
        body.parameters.map((parameter, index) => [parameter, { node: parameters[index]!, output: 0 }]),
      ),
      done: new Map(),
      path: `${path}/`,
      within: [name],
    };
    for (const result of body.results) inner.#visit(scope, nodeName(result));
    return { parameters, nodes: inner.nodes, results: body.results.map((result) => inner.#resolve(scope, result)) };
  }

  /** Depth first, with a stack of its own: a chain may be as long as the file. */
  #visit(scope: Scope, root: string): void {
    const open = new Set<string>();
    const stack = [root];
    while (stack.length > 0) {
      const name = stack.at(-1)!;
      if (scope.done.has(name) || scope.parameters.has(name)) {
        stack.pop();
        continue;
      }
      const node = scope.nodes.get(name);
      if (node === undefined)
        throw malformedGraph(`needs the node ${JSON.stringify(scope.path + name)}, which it does not have`);
      if (open.has(name)) {
        stack.pop();
        open.delete(name);
        scope.done.set(name, this.#flatten(scope, node));
        continue;
      }
      open.add(name);
      if (++this.#counted.count > mostNodes)
        throw new ModelkeepError("limit_exceeded", `[tensorflow] The graph has more than ${mostNodes} nodes`);
      for (const input of node.inputs) {
        if (input.startsWith("^") && !this.#effects) continue;
        const needed = nodeName(input);
        if (open.has(needed)) throw malformedGraph(`leads from ${JSON.stringify(scope.path + needed)} back to itself`);
        stack.push(needed);
      }
    }
  }

  #flatten(scope: Scope, node: GraphNode): readonly Reference[] {
    const inputs = node.inputs.filter((input) => !input.startsWith("^")).map((input) => this.#resolve(scope, input));
    if (passing.has(node.operator)) return inputs.slice(0, 1);
    if (node.operator === "IdentityN") return inputs;
    const name = scope.path + node.name;
    if (calls.has(node.operator)) return this.#call(scope, node, inputs);
    const flat: FlatNode = { operator: node.operator, name, inputs, attributes: node.attributes };
    this.nodes.push(flat);
    return [{ node: flat, output: 0 }];
  }

  #call(scope: Scope, node: GraphNode, inputs: readonly Reference[]): readonly Reference[] {
    const called = node.attributes.get("f")?.function ?? "";
    const body = this.#graph.functions.get(called);
    const where = () => JSON.stringify(scope.path + node.name);
    if (body === undefined)
      throw malformedGraph(`calls the function ${JSON.stringify(called)} in ${where()}, which it does not have`);
    if (scope.within.includes(called))
      throw malformedGraph(`has the function ${JSON.stringify(called)} that calls itself`);
    if (scope.within.length >= deepestCall)
      throw new ModelkeepError(
        "limit_exceeded",
        `[tensorflow] Functions call each other more than ${deepestCall} deep`,
      );
    if (inputs.length !== body.parameters.length)
      throw malformedGraph(`gives ${called} ${inputs.length} values for ${body.parameters.length} in ${where()}`);
    const inner: Scope = {
      nodes: body.nodes,
      parameters: new Map(body.parameters.map((parameter, index) => [parameter, inputs[index]!])),
      done: new Map(),
      path: `${scope.path}${node.name}/`,
      within: [...scope.within, called],
    };
    const wanted = this.#effects ? [...body.results, ...body.effects] : body.results;
    for (const result of wanted) this.#visit(inner, nodeName(result));
    return body.results.map((result) => this.#resolve(inner, result));
  }

  /** "node", "node:1" and "node:output:1". */
  #resolve(scope: Scope, text: string): Reference {
    const parameter = scope.parameters.get(text);
    if (parameter !== undefined) return parameter;
    const [name, ...rest] = text.split(":") as [string, ...string[]];
    const references = scope.done.get(name);
    if (references === undefined)
      throw malformedGraph(`needs ${JSON.stringify(scope.path + text)}, which it does not have`);
    const number = Number(rest.at(-1) ?? 0);
    const [first] = references;
    const operator = scope.nodes.get(name)?.operator ?? "";
    if (calls.has(operator) || operator === "IdentityN" || passing.has(operator)) {
      const found = references[number];
      if (found !== undefined) return found;
      throw malformedGraph(`needs ${JSON.stringify(scope.path + text)}, which its node does not give`);
    }
    const named = rest.length > 1 ? (outputNames[operator]?.indexOf(rest[0]!) ?? -1) : -1;
    const output = named >= 0 ? named : number;
    if (first === undefined || !Number.isSafeInteger(output) || output < 0 || output > 65_535)
      throw malformedGraph(`needs ${JSON.stringify(scope.path + text)}, which is no output`);
    return { node: first.node, output };
  }
}

/** The node of "^node", "node:1" and "node:output:0". */
function nodeName(text: string): string {
  return text.replace(/^\^/, "").split(":")[0]!;
}
