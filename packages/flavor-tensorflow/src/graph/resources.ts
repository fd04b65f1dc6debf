import { ModelkeepError, type Tensor } from "@modelkeep/core";
import type { Graph, Variables } from "@modelkeep/savedmodel";

import { malformedGraph } from "../refusal.js";
import { type FlatNode, Flattener, type Reference } from "./flatten.js";

/** Keys and what they lead to. */
export interface Table {
  readonly keys: Tensor;
  readonly values: Tensor;
}

/** What a SavedModel holds beside its graph, once TensorFlow has loaded it. */
export interface Resources {
  /** The variable behind a node that stands for it. */
  variable(handle: FlatNode): Promise<Tensor>;
  table(handle: FlatNode): Promise<Table>;
}

const tables = new Set(["LookupTableImportV2", "InitializeTableV2"]);

/**
 * Follows what TensorFlow does when it loads: its function that restores assigns to each variable a tensor of the bundle, and
 * its initialisers fill tables. Only the graph says which is which; names need not agree. Nothing is run.
 */
export function readResources(graph: Graph, variables: Variables | undefined): Resources {
  const assigned = new Map<string, Reference>();
  const filled = new Map<string, { readonly keys: Reference; readonly values: Reference }>();
  const follow = (names: readonly string[]): void => {
    for (const name of names) {
      const flattener = new Flattener(graph, { effects: true });
      flattener.run(name);
      for (const { operator, inputs } of flattener.nodes) {
        const [handle, first, second] = inputs;
        if (handle === undefined || first === undefined) continue;
        if (operator === "AssignVariableOp") assigned.set(handle.node.name, first);
        if (tables.has(operator) && second !== undefined) filled.set(handle.node.name, { keys: first, values: second });
      }
    }
  };
  let followed = false;
  const load = (): void => {
    if (followed) return;
    followed = true;
    // What initialises comes last, as in TensorFlow.
    if (graph.restore !== undefined) follow([graph.restore]);
    follow(graph.initializers);
  };
  const read = (reference: Reference): Promise<Tensor> =>
    readValue(reference, variables, (handle) => assigned.get(handle));
  return {
    async variable(handle) {
      load();
      const value = assigned.get(handle.name);
      if (value === undefined) throw notFilled("variable", handle);
      return read(value);
    },
    async table(handle) {
      load();
      const value = filled.get(handle.name);
      if (value === undefined) throw notFilled("table", handle);
      return { keys: await read(value.keys), values: await read(value.values) };
    },
  };
}

/** A constant, or a tensor of the bundle. */
async function readValue(
  { node, output }: Reference,
  variables: Variables | undefined,
  assigned: (handle: string) => Reference | undefined,
  depth = 0,
): Promise<Tensor> {
  const constant = node.operator === "Const" ? node.attributes.get("value")?.tensor?.() : undefined;
  if (constant !== undefined) return constant;
  if (node.operator === "RestoreV2" && variables !== undefined) {
    const names = node.inputs[1]?.node.attributes.get("value")?.tensor?.();
    const key = names?.dtype === "string" ? (names.data as readonly string[])[output] : undefined;
    if (key === undefined) throw malformedGraph(`does not say which tensor ${JSON.stringify(node.name)} reads`);
    return variables.readKey(key);
  }
  const [handle] = node.inputs;
  const value = node.operator === "ReadVariableOp" && handle !== undefined ? assigned(handle.node.name) : undefined;
  if (value !== undefined && depth < 8) return readValue(value, variables, assigned, depth + 1);
  throw new ModelkeepError(
    "unsupported",
    `[tensorflow] A variable or table is filled by the operator ${node.operator} (${node.name}), which is not followed here`,
    { details: { operator: node.operator, node: node.name } },
  );
}

function notFilled(what: string, { name, operator }: FlatNode): ModelkeepError {
  return new ModelkeepError(
    "unsupported",
    `[tensorflow] Nothing in the SavedModel fills the ${what} ${name} (${operator})`,
    {
      details: { operator, node: name },
    },
  );
}
