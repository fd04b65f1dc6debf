import type { OnnxFunction, OnnxModel, OnnxNode } from "../model.js";
import { graphsOf } from "../walk-graphs.js";
import { checkNodes } from "./check-graph.js";
import { checkOpsets } from "./check-opsets.js";
import { type CheckOptions, Scope } from "./context.js";
import { type Faults, quote } from "./faults.js";

/** The functions that a model brings along: sound in themselves, and none leads back to itself. Returns their domains. */
export function checkFunctions(model: OnnxModel, faults: Faults, options: CheckOptions): ReadonlySet<string> {
  const functions = new Map<string, OnnxFunction>();
  const domains = new Set<string>();
  for (const each of model.functions ?? []) {
    const where = `function ${quote(each.name)}`;
    if ((each.name ?? "") === "") faults.add(where, "has no name");
    const key = identity(each.domain, each.name, each.overload);
    if (functions.has(key)) faults.add(where, "is there twice");
    functions.set(key, each);
    domains.add(each.domain ?? "");
  }
  for (const each of functions.values()) {
    const where = `function ${quote(each.name)}`;
    const opsets = checkOpsets(each.opsetImport, where, faults);
    const scope = new Scope();
    for (const input of each.input) if (!scope.add(input)) faults.add(where, `has the input ${quote(input)} twice`);
    const context = { irVersion: model.irVersion ?? 0, opsets, functions: domains, faults, options, inFunction: true };
    checkNodes(each.node, where, context, scope);
    for (const output of each.output)
      if (!scope.has(output)) faults.add(where, `has the output ${quote(output)}, which nothing computes`);
  }
  for (const key of recursive(functions))
    faults.add(`function ${quote(functions.get(key)!.name)}`, "leads back to itself");
  return domains;
}

function identity(domain = "", name = "", overload = ""): string {
  return JSON.stringify([domain === "ai.onnx" ? "" : domain, name, overload]);
}

/** Functions on a cycle of calls or leading to one: what stays when those that call nothing are taken away again and again. */
function recursive(functions: ReadonlyMap<string, OnnxFunction>): Iterable<string> {
  const callers = new Map<string, string[]>();
  const open = new Map<string, number>();
  for (const [key, each] of functions) {
    const callees = new Set<string>();
    for (const node of bodyNodes(each)) {
      const callee = identity(node.domain, node.opType, node.overload);
      if (functions.has(callee)) callees.add(callee);
    }
    open.set(key, callees.size);
    for (const callee of callees) {
      const list = callers.get(callee);
      if (list === undefined) callers.set(callee, [key]);
      else list.push(key);
    }
  }
  const done = [...open].filter(([, count]) => count === 0).map(([key]) => key);
  for (let key = done.pop(); key !== undefined; key = done.pop()) {
    open.delete(key);
    for (const caller of callers.get(key) ?? []) {
      const left = open.get(caller)! - 1;
      open.set(caller, left);
      if (left === 0) done.push(caller);
    }
  }
  return open.keys();
}

function* bodyNodes(body: OnnxFunction): Generator<OnnxNode> {
  const open = [body.node];
  for (let nodes = open.pop(); nodes !== undefined; nodes = open.pop()) {
    yield* nodes;
    for (const node of nodes)
      for (const attribute of node.attribute) for (const graph of graphsOf(attribute)) open.push(graph.node);
  }
}
