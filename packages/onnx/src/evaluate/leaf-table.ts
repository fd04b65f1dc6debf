import type { OnnxGraph, OnnxNode } from "../model.js";
import { allGraphs } from "../walk-graphs.js";
import { Ensemble } from "./ensemble.js";
import { type Kernel, NodeReader } from "./kernel.js";
import { leafSum } from "./leaf-sum.js";
import type { Value } from "./value.js";

/** Nodes that are computed as one. */
export interface LeafTable {
  readonly nodes: readonly OnnxNode[];
  readonly kernel: Kernel;
}

/**
 * Forests as our converters write them: TreeEnsemble gives the leaf of each tree, Cast makes it an index, Gather looks
 * it up in a table, ReduceSum adds up the trees; before them, for forests of scikit-learn, two Casts that round to float32
 * and back. By first node; results are equal to the bit, in a fraction of the time.
 */
export function findLeafTables(
  graph: OnnxGraph,
  constant: (name: string) => Value | undefined,
): ReadonlyMap<OnnxNode, LeafTable> {
  const readers = new Map<string, OnnxNode[]>();
  const writers = new Map<string, OnnxNode>();
  for (const node of graph.node) {
    for (const output of node.output) writers.set(output, node);
    for (const input of node.input) {
      const list = readers.get(input);
      if (list === undefined) readers.set(input, [node]);
      else list.push(node);
    }
  }
  const kept = namesReadElsewhere(graph);
  /** The node that alone reads what this one puts out, if it is of the type. */
  const next = (node: OnnxNode | undefined, type: string): OnnxNode | undefined => {
    const name = node?.output[0] ?? "";
    const list = readers.get(name) ?? [];
    return list.length === 1 && !kept.has(name) && list[0]!.opType === type ? list[0] : undefined;
  };
  /** The node before this one, which nothing else reads, if it casts to the type. */
  const castBefore = (node: OnnxNode | undefined, to: number): OnnxNode | undefined => {
    const before = writers.get(node?.input[0] ?? "");
    const alone = before?.opType === "Cast" && next(before, node!.opType ?? "") === node;
    return alone && castsTo(before, to) ? before : undefined;
  };
  const found = new Map<OnnxNode, LeafTable>();
  for (const node of graph.node) {
    if (node.opType !== "TreeEnsemble") continue;
    const cast = next(node, "Cast");
    const gather = next(cast, "Gather");
    const sum = next(gather, "ReduceSum");
    if (cast === undefined || gather === undefined || sum === undefined) continue;
    const table = constant(gather.input[0] ?? "");
    const axes = constant(sum.input[1] ?? "");
    if (table === undefined || axes === undefined || gather.input[1] !== cast.output[0]) continue;
    if (!castsTo(cast, int64) || !sumsRows(gather, sum, axes)) continue;
    const toDouble = castBefore(node, float64);
    const toFloat = castBefore(toDouble, float32);
    const kernel = leafSum(new Ensemble(new NodeReader(node)), table, toFloat !== undefined);
    if (kernel === undefined) continue;
    const nodes = [node, cast, gather, sum];
    if (toFloat !== undefined) nodes.unshift(toFloat, toDouble!);
    found.set(nodes[0]!, { nodes, kernel });
  }
  return found;
}

/** What the graph puts out, and what graphs within its nodes may see of it. */
function namesReadElsewhere(graph: OnnxGraph): ReadonlySet<string> {
  const names = new Set(graph.output.map(({ name = "" }) => name));
  for (const inner of allGraphs({ opsetImport: [], graph })) {
    if (inner === graph) continue;
    for (const { name = "" } of inner.output) names.add(name);
    for (const node of inner.node) for (const input of node.input) names.add(input);
  }
  return names;
}

/** Numbers of data types (https://onnx.ai/onnx/repo-docs/IR.html). */
const [float32, int64, float64] = [1, 7, 11];

function castsTo(node: OnnxNode, type: number): boolean {
  return new NodeReader(node).int("to", 0) === type;
}

function sumsRows(gather: OnnxNode, sum: OnnxNode, axes: Value): boolean {
  return (
    new NodeReader(gather).int("axis", 0) === 0 &&
    new NodeReader(sum).int("keepdims", 1) === 0 &&
    axes.data.length === 1 &&
    axes.data[0] === 1
  );
}
